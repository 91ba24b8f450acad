// The same arithmetic for gfx942 and for this processor: every thread takes four words and makes OUTPUTS of them. The test
// runs the one in the emulator and the other natively, and wants the same bits. Compiled twice, without any header.

typedef unsigned int u32;
typedef int i32;
typedef unsigned long long u64;
typedef long long i64;
typedef unsigned short u16;
typedef short i16;

#define OUTPUTS 50

#if defined(__AMDGCN__)
#define DEVICE __attribute__((device)) static inline
#else
#define DEVICE static inline
#endif

template <class To, class From> DEVICE To bits_as(From from) { return __builtin_bit_cast(To, from); }

// What a NaN looks like differs between processors.
DEVICE u32 of(float value) { return value != value ? 0x7fc00000u : bits_as<u32>(value); }
DEVICE u32 of(double value) {
  const u64 bits = value != value ? 0x7ff8000000000000ull : bits_as<u64>(value);
  return (u32)bits ^ (u32)(bits >> 32);
}
DEVICE u32 of(_Float16 value) { return value != value ? 0x7e00u : bits_as<u16>(value); }
DEVICE u32 of(u64 value) { return (u32)value ^ (u32)(value >> 32); }

DEVICE void compute(const u32* in, u32* out) {
  const u32 a = in[0], b = in[1], c = in[2], d = in[3];
  const u64 x = (u64)a << 32 | b, y = (u64)c << 32 | d;
  const float f = bits_as<float>(a), g = bits_as<float>(b), h = bits_as<float>(c);
  const double p = (double)f * 3.0, q = (double)(i32)b;
  const _Float16 s = bits_as<_Float16>((u16)a), t = bits_as<_Float16>((u16)b);
  u32 n = 0;
  // Integers.
  out[n++] = a * b + c;
  out[n++] = (u32)((u64)a * b >> 32);
  out[n++] = (u32)((i64)(i32)a * (i32)b >> 32);
  out[n++] = a / (b | 1);
  out[n++] = (u32)((i32)a % (i32)(b | 3));
  out[n++] = of(x * y);
  out[n++] = of(x + y);
  out[n++] = of(x - y);
  out[n++] = of(x << (d & 63));
  out[n++] = of(x >> (d & 63));
  out[n++] = of((u64)((i64)x >> (d & 63)));
  out[n++] = x < y ? a : b;
  out[n++] = (i64)x < (i64)y ? c : d;
  out[n++] = (u32)__builtin_popcount(a) + (u32)__builtin_popcountll(x);
  out[n++] = a ? (u32)__builtin_clz(a) : 99;
  out[n++] = a ? (u32)__builtin_ctz(a) : 99;
  out[n++] = __builtin_bitreverse32(a);
  out[n++] = __builtin_bswap32(a) ^ __builtin_rotateleft32(b, c & 31);
  out[n++] = (a > b ? a : b) + (a > c ? c : a);
  out[n++] = (u32)((i32)a > (i32)b ? (i32)a : (i32)b) ^ (u32)((i32)c < (i32)d ? (i32)c : (i32)d);
  out[n++] = (u32)((i32)a >> (b & 31)) + (a >> (c & 31)) + (a << (d & 31));
  out[n++] = (u32)(i32)(i16)a + (u32)(signed char)b + (c >> 7 & 0x1ff);
  out[n++] = (u32)(((i32)(a << 5)) >> 20) ^ ((a & b) | (~a & c));
  out[n++] = (u16)((u16)a * (u16)b + (u16)c);
  // fp32.
  out[n++] = of(f + g);
  out[n++] = of(f - g);
  out[n++] = of(f * g);
  out[n++] = of(f / g);
  out[n++] = of(__builtin_fmaf(f, g, h));
  out[n++] = of(__builtin_sqrtf(f));
  out[n++] = of(__builtin_floorf(f));
  out[n++] = of(__builtin_ceilf(f));
  out[n++] = of(__builtin_truncf(f));
  out[n++] = of(__builtin_rintf(f));
  out[n++] = (f < g) | (f <= g) << 1 | (f > g) << 2 | (f >= g) << 3 | (f == g) << 4 | (f != g) << 5 | __builtin_isunordered(f, g) << 6;
  out[n++] = of((float)(i32)a);
  out[n++] = of((float)a);
  out[n++] = of((float)(a & 0xff) + (float)(b >> 24));
  out[n++] = __builtin_fabsf(f) < 2e9f ? (u32)(i32)f : 7;
  out[n++] = f >= 0 && f < 4e9f ? (u32)f : 7;
  out[n++] = of(-__builtin_fabsf(f));
  // fp64.
  out[n++] = of(p + q);
  out[n++] = of(p * q);
  out[n++] = of(__builtin_fma(p, q, (double)g));
  out[n++] = of((float)p) ^ of(__builtin_floor(p));
  // fp16.
  out[n++] = of((_Float16)(s + t)) | of((_Float16)(s * t)) << 16;
  out[n++] = of((_Float16)f) | of((_Float16)(s - t)) << 16;
  out[n++] = of((float)s) ^ of((float)t);
  // Of fp16 and fp32 together: rounded to fp32, then to fp16.
  out[n++] = of((_Float16)__builtin_fmaf((float)s, f, g)) | of((_Float16)__builtin_fmaf(f, (float)t, -(float)s)) << 16;
  out[n++] = of(__builtin_fmaf((float)s, -f, __builtin_fabsf(g)));
}

#if defined(__AMDGCN__)
struct Arguments { const __attribute__((address_space(1))) u32* input; __attribute__((address_space(1))) u32* output; };
extern "C" __attribute__((global, launch_bounds(256))) void arithmetic(Arguments arguments) {
  const u32 thread = __builtin_amdgcn_workgroup_id_x() * 256 + __builtin_amdgcn_workitem_id_x();
  u32 in[4], out[OUTPUTS];
  for (int i = 0; i < 4; ++i) in[i] = arguments.input[4 * thread + i];
  compute(in, out);
  for (int i = 0; i < OUTPUTS; ++i) arguments.output[OUTPUTS * thread + i] = out[i];
}
#else
extern "C" void arithmetic(const u32* input, u32* output, u32 threads) {
  for (u32 thread = 0; thread < threads; ++thread) compute(input + 4 * thread, output + OUTPUTS * thread);
}
#endif
