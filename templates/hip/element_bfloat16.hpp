// ---- elements: bfloat16 ----------------------------------------------------------------------------------------------

#if defined(GPU)
DEVICE RealPair widen(Word word) { return bits_as<RealPair>(WordPair{word << 16, word & 0xffff0000u}); }
#else
DEVICE RealPair widen(Word word) {
  return bits_as<RealPair>(__builtin_convertvector(bits_as<BitsPair>(word), WordPair) << 16);
}
#endif

// Rounds to nearest even; what a NaN becomes is the target's choice.
DEVICE Word round_to_elements(RealPair value) {
#if defined(__NVPTX__)
  u32 word;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(value.y), "f"(value.x));
  return word;
#else
  const WordPair bits = bits_as<WordPair>(value);
  const WordPair rounded = bits + 0x7fffu + (bits >> 16 & 1u);
#if defined(__AMDGCN__)
  return rounded.x >> 16 | (rounded.y & 0xffff0000u);
#else
  return bits_as<Word>(__builtin_convertvector(rounded >> 16, BitsPair));
#endif
#endif
}
