// A kernel library for tests: the phases of the float16 all-reduce in full precision, written plainly against the
// interface of generated kernels. WORLD_SIZE, DATA_OFFSET and SEGMENT_ELEMENTS come from KernelGeometry, PREFIX is the
// kernel's name up to the phase.
#include <stdint.h>

#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define EXPORT __attribute__((visibility("default")))

struct Arguments {
  const uint8_t* input;
  uint8_t* output;
  uint8_t* workspace;
  uint64_t element_count;
  uint32_t rank;
  uint32_t reserved;
};

typedef _Float16 __attribute__((aligned(2))) element;

EXPORT const char quickreduce_source_id[17] = SOURCE_ID;
EXPORT const uint32_t quickreduce_abi_version = ABI_VERSION;

static element* segment(const struct Arguments* a, uint32_t rank, uint32_t slot, uint32_t phase, uint32_t sender) {
  uint8_t* workspace = ((uint8_t**)a->workspace)[rank];
  return (element*)(workspace + DATA_OFFSET) + ((slot * 2 + phase) * WORLD_SIZE + sender) * SEGMENT_ELEMENTS;
}

static uint64_t first_element(uint32_t tile, uint32_t owner) {
  return ((uint64_t)tile * WORLD_SIZE + owner) * SEGMENT_ELEMENTS;
}

EXPORT void JOIN(PREFIX, _phase1)(const struct Arguments* a, uint32_t tile, uint32_t slot) {
  for (uint32_t owner = 0; owner < WORLD_SIZE; owner++) {
    for (uint32_t i = 0; i < SEGMENT_ELEMENTS; i++) {
      uint64_t at = first_element(tile, owner) + i;
      segment(a, owner, slot, 0, a->rank)[i] = at < a->element_count ? ((const element*)a->input)[at] : (element)0;
    }
  }
}

EXPORT void JOIN(PREFIX, _phase2)(const struct Arguments* a, uint32_t tile, uint32_t slot) {
  (void)tile;
  for (uint32_t i = 0; i < SEGMENT_ELEMENTS; i++) {
    float sum = 0;
    for (uint32_t sender = 0; sender < WORLD_SIZE; sender++) sum += (float)segment(a, a->rank, slot, 0, sender)[i];
    for (uint32_t peer = 0; peer < WORLD_SIZE; peer++) segment(a, peer, slot, 1, a->rank)[i] = (element)sum;
  }
}

EXPORT void JOIN(PREFIX, _phase3)(const struct Arguments* a, uint32_t tile, uint32_t slot) {
  for (uint32_t owner = 0; owner < WORLD_SIZE; owner++) {
    for (uint32_t i = 0; i < SEGMENT_ELEMENTS; i++) {
      uint64_t at = first_element(tile, owner) + i;
      if (at < a->element_count) ((element*)a->output)[at] = segment(a, a->rank, slot, 1, owner)[i];
    }
  }
}
