// ---- block: one thread runs all lanes, some at a time ----------------------------------------------------------------

constexpr u32 BLOCK_LANES = 256;

// A register of each lane that keeps its value from one FOR_EACH_LANE to the next.
template <class V> struct PerLane {
  V values[BLOCK_LANES / LANES_AT_ONCE];
  DEVICE V& operator[](u32 lane) { return values[lane / LANES_AT_ONCE]; }
  DEVICE const V& operator[](u32 lane) const { return values[lane / LANES_AT_ONCE]; }
};

// Combines the values of all lanes, neighbours first, then pairs of pairs: a tree that is the same on every target.
template <class Combine> DEVICE float block_combine(const PerLane<Real>& values, Combine combine) {
  float totals[BLOCK_LANES];
  for (u32 i = 0; i < BLOCK_LANES; ++i) totals[i] = values.values[i / LANES_AT_ONCE][i % LANES_AT_ONCE];
  for (u32 step = 1; step < BLOCK_LANES; step *= 2)
    for (u32 i = 0; i < BLOCK_LANES; i += 2 * step) totals[i] = combine(totals[i], totals[i + step]);
  return totals[0];
}

struct Add { DEVICE float operator()(float a, float b) const { return a + b; } };
struct Larger { DEVICE float operator()(float a, float b) const { return a > b ? a : b; } };
DEVICE float block_sum(const PerLane<Real>& values) { return block_combine(values, Add()); }
DEVICE float block_max(const PerLane<Real>& values) { return block_combine(values, Larger()); }
