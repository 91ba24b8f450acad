// ---- lanes: eight in a SIMD register ---------------------------------------------------------------------------------

#define GLOBAL

typedef u32 Word __attribute__((ext_vector_type(8)));       // one per lane
typedef float Real __attribute__((ext_vector_type(8)));     // one per lane
typedef u32 WordPair __attribute__((ext_vector_type(16)));  // two per lane: elements 2i and 2i + 1
typedef float RealPair __attribute__((ext_vector_type(16)));
typedef _Float16 HalfPair __attribute__((ext_vector_type(16)));
typedef u16 BitsPair __attribute__((ext_vector_type(16)));
typedef u32 Words32 __attribute__((ext_vector_type(32)));
typedef Words32 Words32Unaligned __attribute__((aligned(1)));  // buffers are aligned to elements only

constexpr u32 LANES_AT_ONCE = 8;

#define FOR_EACH_LANE(lane) for (u32 lane = 0; lane < 256; lane += LANES_AT_ONCE)

DEVICE Real even(RealPair pair) { return __builtin_shufflevector(pair, pair, 0, 2, 4, 6, 8, 10, 12, 14); }
DEVICE Real odd(RealPair pair) { return __builtin_shufflevector(pair, pair, 1, 3, 5, 7, 9, 11, 13, 15); }

DEVICE RealPair widen_float16(Word word) { return __builtin_convertvector(bits_as<HalfPair>(word), RealPair); }
DEVICE RealPair widen_bfloat16(Word word) {
  return bits_as<RealPair>(__builtin_convertvector(bits_as<BitsPair>(word), WordPair) << 16);
}

// To nearest even; which NaN a NaN becomes is the target's choice.
DEVICE Word round_to_float16(RealPair value) { return bits_as<Word>(__builtin_convertvector(value, HalfPair)); }
DEVICE Word round_to_bfloat16(RealPair value) {
  const RealPair nan = bits_as<RealPair>((WordPair)0x7fff0000u);  // rounding could carry another into the sign
  const WordPair bits = bits_as<WordPair>(value == value ? value : nan);
  const WordPair rounded = bits + 0x7fffu + (bits >> 16 & 1u);
  return bits_as<Word>(__builtin_convertvector(rounded >> 16, BitsPair));
}

// Eight 16-bit elements of each lane, all within the row. Memory holds lane after lane, registers word after word: loads
// and stores transpose.
struct Words { Word words[4]; };
DEVICE bool has_vector_alignment(const void*) { return true; }  // unaligned vector access is as good
#define WORD_OF_LANES(v, i) __builtin_shufflevector(v, v, i, i + 4, i + 8, i + 12, i + 16, i + 20, i + 24, i + 28)
DEVICE Words load_words(const u16* row, u32 octet) {
  const Words32 v = *(const Words32Unaligned*)(row + 8 * (u64)octet);
  return Words{WORD_OF_LANES(v, 0), WORD_OF_LANES(v, 1), WORD_OF_LANES(v, 2), WORD_OF_LANES(v, 3)};
}
#undef WORD_OF_LANES
DEVICE void store_words(u16* row, u32 octet, const Words& v) {
  const WordPair a = __builtin_shufflevector(v.words[0], v.words[1], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const WordPair b = __builtin_shufflevector(v.words[2], v.words[3], 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  *(Words32Unaligned*)(row + 8 * (u64)octet) = __builtin_shufflevector(
      a, b, 0, 8, 16, 24, 1, 9, 17, 25, 2, 10, 18, 26, 3, 11, 19, 27, 4, 12, 20, 28, 5, 13, 21, 29, 6, 14, 22, 30, 7, 15, 23, 31);
}

// The same of 32-bit elements.
DEVICE void load_floats(const float* row, u32 octet, RealPair (&pairs)[4]) {
  const float* first = row + 8 * (u64)octet;
  UNROLL for (u32 i = 0; i < 4; ++i)
    UNROLL for (u32 lane = 0; lane < LANES_AT_ONCE; ++lane) {
      pairs[i][2 * lane] = first[8 * lane + 2 * i];
      pairs[i][2 * lane + 1] = first[8 * lane + 2 * i + 1];
    }
}
DEVICE void store_floats(float* row, u32 octet, const RealPair (&pairs)[4]) {
  float* first = row + 8 * (u64)octet;
  UNROLL for (u32 i = 0; i < 4; ++i)
    UNROLL for (u32 lane = 0; lane < LANES_AT_ONCE; ++lane) {
      first[8 * lane + 2 * i] = pairs[i][2 * lane];
      first[8 * lane + 2 * i + 1] = pairs[i][2 * lane + 1];
    }
}

// Bits 16 · half and up of a word, of the lane-th of the lanes that run at once.
DEVICE u16 half_of(Word word, u32 lane, u32 half) { return (u16)(word[lane] >> 16 * half); }
DEVICE void set_half(Word& word, u32 lane, u32 half, u16 bits) { word[lane] |= (u32)bits << 16 * half; }

// Element `half` of a pair, of the lane-th of the lanes that run at once.
#define IN_LANE(pair, lane, half) pair[2 * (lane) + (half)]
