// ---- lanes: one thread for each --------------------------------------------------------------------------------------

typedef u32 Word;     // one per lane
typedef float Real;   // one per lane
typedef u32 WordPair __attribute__((ext_vector_type(2)));   // two per lane: elements 2i and 2i + 1
typedef float RealPair __attribute__((ext_vector_type(2)));
typedef _Float16 HalfPair __attribute__((ext_vector_type(2)));

constexpr u32 LANES_AT_ONCE = 1;

// The thread's own lane: where the host loops over a block, a GPU has one thread per lane.
#define FOR_EACH_LANE(lane) for (u32 lane = lane_index(), once_ = 1; once_; once_ = 0)

DEVICE Real even(RealPair pair) { return pair.x; }
DEVICE Real odd(RealPair pair) { return pair.y; }

DEVICE RealPair widen_float16(Word word) { return __builtin_convertvector(bits_as<HalfPair>(word), RealPair); }
DEVICE RealPair widen_bfloat16(Word word) { return bits_as<RealPair>(WordPair{word << 16, word & 0xffff0000u}); }

// To nearest even; which NaN a NaN becomes is the target's choice.
DEVICE Word round_to_float16(RealPair value) {
#if defined(__NVPTX__)
  u32 word;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(value.y), "f"(value.x));
  return word;
#else
  return bits_as<Word>(__builtin_convertvector(value, HalfPair));
#endif
}
DEVICE Word round_to_bfloat16(RealPair value) {
#if defined(__NVPTX__)
  u32 word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(value.y), "f"(value.x));
  return word;
#else
  const WordPair bits = bits_as<WordPair>(value);
  const WordPair rounded = bits + 0x7fffu + (bits >> 16 & 1u);
  const Word nan_even = value.x != value.x ? 0x7fffu : rounded.x >> 16;  // rounding could carry a NaN into the sign
  const Word nan_odd = value.y != value.y ? 0x7fff0000u : rounded.y & 0xffff0000u;
  return nan_even | nan_odd;
#endif
}

// Eight 16-bit elements of the lane, all within the row and aligned to 16 bytes.
struct Words { Word words[4]; };
DEVICE bool has_vector_alignment(const GLOBAL void* row) { return ((u64)row & 15) == 0; }
DEVICE Words load_words(const GLOBAL u16* row, u32 octet) {
  const Words4 v = *(const GLOBAL Words4*)(row + 8 * (u64)octet);
  return Words{v.x, v.y, v.z, v.w};
}
DEVICE void store_words(GLOBAL u16* row, u32 octet, const Words& v) {
  *(GLOBAL Words4*)(row + 8 * (u64)octet) = Words4{v.words[0], v.words[1], v.words[2], v.words[3]};
}

// The same of 32-bit elements.
DEVICE void load_floats(const GLOBAL float* row, u32 octet, RealPair (&pairs)[4]) {
  const GLOBAL Words4* words = (const GLOBAL Words4*)(row + 8 * (u64)octet);
  const Words4 a = words[0], b = words[1];
  pairs[0] = bits_as<RealPair>(WordPair{a.x, a.y});
  pairs[1] = bits_as<RealPair>(WordPair{a.z, a.w});
  pairs[2] = bits_as<RealPair>(WordPair{b.x, b.y});
  pairs[3] = bits_as<RealPair>(WordPair{b.z, b.w});
}
DEVICE void store_floats(GLOBAL float* row, u32 octet, const RealPair (&pairs)[4]) {
  GLOBAL Words4* words = (GLOBAL Words4*)(row + 8 * (u64)octet);
  const WordPair a = bits_as<WordPair>(pairs[0]), b = bits_as<WordPair>(pairs[1]);
  const WordPair c = bits_as<WordPair>(pairs[2]), d = bits_as<WordPair>(pairs[3]);
  words[0] = Words4{a.x, a.y, b.x, b.y};
  words[1] = Words4{c.x, c.y, d.x, d.y};
}

// Bits 16 · half and up of a word, of the lane-th of the lanes that run at once.
DEVICE u16 half_of(Word word, u32, u32 half) { return (u16)(word >> 16 * half); }
DEVICE void set_half(Word& word, u32, u32 half, u16 bits) { word |= (u32)bits << 16 * half; }

// Element `half` of a pair, of the lane-th of the lanes that run at once.
#define IN_LANE(pair, lane, half) pair[half]
