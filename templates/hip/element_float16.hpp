// ---- elements: float16 -----------------------------------------------------------------------------------------------

DEVICE RealPair widen(Word word) { return __builtin_convertvector(bits_as<HalfPair>(word), RealPair); }

// Rounds to nearest even; which NaN a NaN becomes is the target's choice.
DEVICE Word round_to_elements(RealPair value) {
#if defined(__NVPTX__)
  u32 word;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(value.y), "f"(value.x));
  return word;
#else
  return bits_as<Word>(__builtin_convertvector(value, HalfPair));
#endif
}
