// ---- block: one thread per lane --------------------------------------------------------------------------------------

constexpr u32 BLOCK_LANES = 256;

// A register of each lane that keeps its value from one FOR_EACH_LANE to the next.
template <class V> struct PerLane {
  V value;
  DEVICE V& operator[](u32) { return value; }
  DEVICE const V& operator[](u32) const { return value; }
};

// The value of the lane of this wave whose number differs in the bits of the mask.
#if defined(__AMDGCN__)
constexpr u32 WAVE_LANES = 64;
DEVICE float exchange(float value, u32 mask) {
  const u32 lane = __builtin_amdgcn_mbcnt_hi(~0u, __builtin_amdgcn_mbcnt_lo(~0u, 0u));
  return bits_as<float>(__builtin_amdgcn_ds_bpermute((lane ^ mask) << 2, bits_as<i32>(value)));
}
#else
constexpr u32 WAVE_LANES = 32;
DEVICE float exchange(float value, u32 mask) { return __nvvm_shfl_sync_bfly_f32(~0u, value, mask, 0x1f); }
#endif

// Combines the values of all lanes, neighbours first, then pairs of pairs: a tree that is the same on every target.
template <class Combine> DEVICE float block_combine(float value, Combine combine) {
  static __attribute__((shared)) float waves[BLOCK_LANES / WAVE_LANES];
  UNROLL for (u32 mask = 1; mask < WAVE_LANES; mask *= 2) value = combine(value, exchange(value, mask));
  if (thread_index() % WAVE_LANES == 0) waves[thread_index() / WAVE_LANES] = value;
  barrier();
  float totals[BLOCK_LANES / WAVE_LANES];
  UNROLL for (u32 i = 0; i < BLOCK_LANES / WAVE_LANES; ++i) totals[i] = waves[i];
  barrier();  // before the next one writes
  UNROLL for (u32 step = 1; step < BLOCK_LANES / WAVE_LANES; step *= 2)
    UNROLL for (u32 i = 0; i < BLOCK_LANES / WAVE_LANES; i += 2 * step) totals[i] = combine(totals[i], totals[i + step]);
  return totals[0];
}

struct Add { DEVICE float operator()(float a, float b) const { return a + b; } };
struct Larger { DEVICE float operator()(float a, float b) const { return a > b ? a : b; } };
DEVICE float block_sum(const PerLane<Real>& values) { return block_combine(values.value, Add()); }
DEVICE float block_max(const PerLane<Real>& values) { return block_combine(values.value, Larger()); }
