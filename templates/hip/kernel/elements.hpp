// ---- elements: eight per lane, calculated in fp32 --------------------------------------------------------------------

typedef signed char i8;
typedef short i16;
typedef long long i64;

struct float16 { u16 bits; };   // how they lie in memory; load and store convert
struct bfloat16 { u16 bits; };

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

// How an element type is converted: pairs of 16-bit elements of each lane.
template <class T> struct Conversion;
template <> struct Conversion<float16> {
  static DEVICE RealPair widen(Word word) { return widen_float16(word); }
  static DEVICE Word round(RealPair value) { return round_to_float16(value); }
};
template <> struct Conversion<bfloat16> {
  static DEVICE RealPair widen(Word word) { return widen_bfloat16(word); }
  static DEVICE Word round(RealPair value) { return round_to_bfloat16(value); }
};

// Whether all lanes that run at once have all their elements in the row, where a vector instruction can take them.
DEVICE bool is_whole(const GLOBAL void* row, u32 octet, u64 count) {
  return 8 * ((u64)octet + LANES_AT_ONCE) <= count && has_vector_alignment(row);
}

// Octet number `octet` of a row of `count` elements; what lies past the end reads as zero and is not written.
template <class T> DEVICE Octet load(const GLOBAL T* row, u32 octet, u64 count) {
  const GLOBAL u16* bits = (const GLOBAL u16*)row;
  Words words = {};
  if (is_whole(bits, octet, count)) {
    words = load_words(bits, octet);
  } else {
    UNROLL for (u32 lane = 0; lane < LANES_AT_ONCE; ++lane)
      UNROLL for (u32 i = 0; i < 8; ++i) {
        const u64 index = 8 * ((u64)octet + lane) + i;
        if (index < count) set_half(words.words[i / 2], lane, i % 2, bits[index]);
      }
  }
  Octet result;
  UNROLL for (u32 i = 0; i < 4; ++i) result.pairs[i] = Conversion<T>::widen(words.words[i]);
  return result;
}
template <class T> DEVICE void store(GLOBAL T* row, u32 octet, u64 count, const Octet& value) {
  GLOBAL u16* bits = (GLOBAL u16*)row;
  Words words;
  UNROLL for (u32 i = 0; i < 4; ++i) words.words[i] = Conversion<T>::round(value.pairs[i]);
  if (is_whole(bits, octet, count)) {
    store_words(bits, octet, words);
  } else {
    UNROLL for (u32 lane = 0; lane < LANES_AT_ONCE; ++lane)
      UNROLL for (u32 i = 0; i < 8; ++i) {
        const u64 index = 8 * ((u64)octet + lane) + i;
        if (index < count) bits[index] = half_of(words.words[i / 2], lane, i % 2);
      }
  }
}
template <> DEVICE Octet load<float>(const GLOBAL float* row, u32 octet, u64 count) {
  Octet result = {};
  if (is_whole(row, octet, count)) {
    load_floats(row, octet, result.pairs);
    return result;
  }
  UNROLL for (u32 lane = 0; lane < LANES_AT_ONCE; ++lane)
    UNROLL for (u32 i = 0; i < 8; ++i) {
      const u64 index = 8 * ((u64)octet + lane) + i;
      if (index < count) IN_LANE(result.pairs[i / 2], lane, i % 2) = row[index];
    }
  return result;
}
template <> DEVICE void store<float>(GLOBAL float* row, u32 octet, u64 count, const Octet& value) {
  if (is_whole(row, octet, count)) return store_floats(row, octet, value.pairs);
  UNROLL for (u32 lane = 0; lane < LANES_AT_ONCE; ++lane)
    UNROLL for (u32 i = 0; i < 8; ++i) {
      const u64 index = 8 * ((u64)octet + lane) + i;
      if (index < count) row[index] = IN_LANE(value.pairs[i / 2], lane, i % 2);
    }
}

// The value as it will be read again once it was stored as a T.
template <class T> DEVICE Octet round_to(const Octet& value) {
  Octet result;
  UNROLL for (u32 i = 0; i < 4; ++i) result.pairs[i] = Conversion<T>::widen(Conversion<T>::round(value.pairs[i]));
  return result;
}
template <> DEVICE Octet round_to<float>(const Octet& value) { return value; }
