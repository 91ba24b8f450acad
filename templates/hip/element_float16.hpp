// ---- elements: float16 -----------------------------------------------------------------------------------------------

DEVICE RealPair widen(Word word) { return __builtin_convertvector(bits_as<HalfPair>(word), RealPair); }

// Rounds to nearest even; every NaN becomes 0x7FFF, on all targets alike.
DEVICE Word narrow(RealPair value) {
#if defined(__NVPTX__)
  u32 word;  // the conversion itself gives 0x7FFF
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(value.y), "f"(value.x));
  return word;
#elif defined(__AMDGCN__)
  const Word rounded = bits_as<Word>(__builtin_convertvector(value, HalfPair));
  const Word even = value.x != value.x ? 0x7fffu : rounded & 0xffffu;
  const Word odd = value.y != value.y ? 0x7fff0000u : rounded & 0xffff0000u;
  return even | odd;
#else
  const WordPair bits = value == value ? bits_as<WordPair>(value) : (WordPair)0x7fffe000u;
  return bits_as<Word>(__builtin_convertvector(bits_as<RealPair>(bits), HalfPair));
#endif
}
