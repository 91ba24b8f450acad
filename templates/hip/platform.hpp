// ---- platform: what every target has -------------------------------------------------------------------------------
// No vendor header, no C library: the compiler's builtins are all that is used, so that hipcc, hipRTC and clang (for
// AMD, NVIDIA and the host CPU) read the same text.
//
// Kernels are written in lane vectors. A Word is one 32-bit register of every lane that an instruction stream carries:
// a GPU thread carries one lane, and its neighbours run beside it; the host carries LANES of them in a SIMD register.
// All operators are elementwise, so the same expression is one GPU instruction or one SIMD instruction.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int i32;
typedef unsigned long long u64;
typedef u32 Words4 __attribute__((ext_vector_type(4)));

#if defined(__HIP__) || defined(__CUDA__)
#define DEVICE __attribute__((device, always_inline)) inline
#define KERNEL extern "C" __attribute__((global, launch_bounds(256, 4)))
#else
#define DEVICE __attribute__((always_inline)) inline
#endif
#define EXPORT extern "C" __attribute__((visibility("default")))
#define UNROLL _Pragma("unroll")

template <class To, class From> DEVICE To bits_as(From value) { return __builtin_bit_cast(To, value); }
