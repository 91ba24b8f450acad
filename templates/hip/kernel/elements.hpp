// ---- elements: eight per lane, calculated in fp32 --------------------------------------------------------------------

typedef signed char i8;
typedef short i16;
typedef long long i64;

struct float16 { u16 bits; };   // how they lie in memory; load and store convert
struct bfloat16 { u16 bits; };

#if defined(GPU)
constexpr u32 LANES_AT_ONCE = 1;
DEVICE Real even(RealPair pair) { return pair.x; }
DEVICE Real odd(RealPair pair) { return pair.y; }
#else
constexpr u32 LANES_AT_ONCE = LANES;
DEVICE Real even(RealPair pair) { return __builtin_shufflevector(pair, pair, EVEN_OF_16); }
DEVICE Real odd(RealPair pair) { return __builtin_shufflevector(pair, pair, ODD_OF_16); }
#endif

DEVICE Real larger(Real a, Real b) { return a > b ? a : b; }
DEVICE Real smaller(Real a, Real b) { return a < b ? a : b; }
// Correctly rounded on every target, like + - * and /.
DEVICE float square_root(float value) {
#if __has_builtin(__builtin_elementwise_sqrt)
  return __builtin_elementwise_sqrt(value);
#else
  return __builtin_sqrtf(value);
#endif
}

// Eight consecutive elements of each lane; pair i holds elements 2i and 2i + 1. Operators are elementwise.
struct Octet { RealPair pairs[4]; };

#define OCTET_OPERATOR(op)                                                                       \
  DEVICE Octet operator op(const Octet& a, const Octet& b) {                                     \
    Octet result;                                                                                \
    UNROLL for (u32 i = 0; i < 4; ++i) result.pairs[i] = a.pairs[i] op b.pairs[i];               \
    return result;                                                                               \
  }                                                                                              \
  DEVICE Octet operator op(const Octet& a, float b) {                                            \
    Octet result;                                                                                \
    UNROLL for (u32 i = 0; i < 4; ++i) result.pairs[i] = a.pairs[i] op (RealPair)b;              \
    return result;                                                                               \
  }
OCTET_OPERATOR(+)
OCTET_OPERATOR(-)
OCTET_OPERATOR(*)
OCTET_OPERATOR(/)
#undef OCTET_OPERATOR

// One value per lane from its eight, in a fixed order: the same bits on every target.
DEVICE Real sum_of(const Octet& octet) {
  const RealPair sum = (octet.pairs[0] + octet.pairs[1]) + (octet.pairs[2] + octet.pairs[3]);
  return even(sum) + odd(sum);
}
DEVICE Real largest_of(const Octet& octet) {
  Real result = larger(even(octet.pairs[0]), odd(octet.pairs[0]));
  UNROLL for (u32 i = 1; i < 4; ++i) result = larger(result, larger(even(octet.pairs[i]), odd(octet.pairs[i])));
  return result;
}

// How an element type is converted: widen and round a pair of 16-bit elements per lane.
template <class T> struct Conversion;
template <> struct Conversion<float16> {
  static DEVICE RealPair widen(Word word) { return float16_elements::widen(word); }
  static DEVICE Word round(RealPair value) { return float16_elements::round_to_elements(value); }
};
template <> struct Conversion<bfloat16> {
  static DEVICE RealPair widen(Word word) { return bfloat16_elements::widen(word); }
  static DEVICE Word round(RealPair value) { return bfloat16_elements::round_to_elements(value); }
};

DEVICE bool is_whole(const GLOBAL void* elements, u32 octet, u64 count) {
  return 8 * (u64)(octet + LANES_AT_ONCE) <= count && has_vector_alignment((const GLOBAL u8*)elements);
}

// Octet number `octet` of a row of `count` elements; what lies past the end reads as zero and is not written.
template <class T> DEVICE Octet load(const GLOBAL T* elements, u32 octet, u64 count) {
  const GLOBAL u8* bytes = (const GLOBAL u8*)elements;
  Octet result = {};
  if (8 * (u64)octet >= count) return result;
  const Atom atom = is_whole(bytes, octet, count) ? load_atom(bytes, octet) : load_atom_edge(bytes, octet, count);
  UNROLL for (u32 i = 0; i < 4; ++i) result.pairs[i] = Conversion<T>::widen(atom.words[i]);
  return result;
}
template <class T> DEVICE void store(GLOBAL T* elements, u32 octet, u64 count, const Octet& value) {
  GLOBAL u8* bytes = (GLOBAL u8*)elements;
  if (8 * (u64)octet >= count) return;
  Atom atom;
  UNROLL for (u32 i = 0; i < 4; ++i) atom.words[i] = Conversion<T>::round(value.pairs[i]);
  if (is_whole(bytes, octet, count)) store_atom(bytes, octet, atom);
  else store_atom_edge(bytes, octet, atom, count);
}
// The value as it will be read again once it was stored as a T.
template <class T> DEVICE Octet round_to(const Octet& value) {
  Octet result;
  UNROLL for (u32 i = 0; i < 4; ++i) result.pairs[i] = Conversion<T>::widen(Conversion<T>::round(value.pairs[i]));
  return result;
}

#if defined(GPU)
#define PAIR_OF_LANE(pair, lane, half) pair[half]
#else
#define PAIR_OF_LANE(pair, lane, half) pair[2 * (lane) + (half)]
#endif
template <> DEVICE Octet load<float>(const GLOBAL float* elements, u32 octet, u64 count) {
  Octet result = {};
  UNROLL for (u32 lane = 0; lane < LANES_AT_ONCE; ++lane)
    UNROLL for (u32 i = 0; i < 8; ++i) {
      const u64 index = 8 * (u64)(octet + lane) + i;
      if (index < count) PAIR_OF_LANE(result.pairs[i / 2], lane, i % 2) = elements[index];
    }
  return result;
}
template <> DEVICE void store<float>(GLOBAL float* elements, u32 octet, u64 count, const Octet& value) {
  UNROLL for (u32 lane = 0; lane < LANES_AT_ONCE; ++lane)
    UNROLL for (u32 i = 0; i < 8; ++i) {
      const u64 index = 8 * (u64)(octet + lane) + i;
      if (index < count) elements[index] = PAIR_OF_LANE(value.pairs[i / 2], lane, i % 2);
    }
}
template <> DEVICE Octet round_to<float>(const Octet& value) { return value; }
#undef PAIR_OF_LANE
