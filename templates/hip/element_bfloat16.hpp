// ---- elements: bfloat16 ----------------------------------------------------------------------------------------------

#if defined(GPU)
DEVICE RealPair widen(Word word) { return bits_as<RealPair>(WordPair{word << 16, word & 0xffff0000u}); }
#else
DEVICE RealPair widen(Word word) {
  return bits_as<RealPair>(__builtin_convertvector(bits_as<BitsPair>(word), WordPair) << 16);
}
#endif

// Rounds to nearest even; every NaN becomes 0x7FFF, on all targets alike.
DEVICE Word narrow(RealPair value) {
#if defined(__NVPTX__)
  u32 word;  // the conversion itself gives 0x7FFF
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(value.y), "f"(value.x));
  return word;
#else
  const WordPair bits = bits_as<WordPair>(value);
  const WordPair rounded = bits + 0x7fffu + (bits >> 16 & 1u);
#if defined(__AMDGCN__)
  const Word even = value.x != value.x ? 0x7fffu : rounded.x >> 16;
  const Word odd = value.y != value.y ? 0x7fff0000u : rounded.y & 0xffff0000u;
  return even | odd;
#else
  const WordPair canonical = value == value ? rounded : (WordPair)0x7fff0000u;
  return bits_as<Word>(__builtin_convertvector(canonical >> 16, BitsPair));
#endif
#endif
}
