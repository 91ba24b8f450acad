// Runs a generated translation unit under a sanitizer, as two programs in one:
//   protocol phases    the phase functions of all ranks in order, on exactly sized buffers
//   protocol ranks     all ranks as threads that run the whole protocol with its flags, two slots each
// and compares the ranks' results with one another. Compiled together with the unit; the entry points and the geometry
// come as macros: KERNEL, PHASE1, PHASE2, in two-shot PHASE3, in one-shot ONE_SHOT, WORLD_SIZE, WORKSPACE_BYTES,
// EPOCH_OFFSET, DATA_OFFSET, SLOT_BYTES, ELEMENT_BYTES, ELEMENTS_PER_TILE.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct Arguments {
  const uint8_t* input;
  uint8_t* output;
  uint8_t* workspace;
  uint64_t element_count;
  uint32_t rank, block_count;
};

void PHASE1(const struct Arguments*, uint32_t tile, uint32_t slot);
void PHASE2(const struct Arguments*, uint32_t tile, uint32_t slot);
#ifdef PHASE3
void PHASE3(const struct Arguments*, uint32_t tile, uint32_t slot);
#endif
void KERNEL(const struct Arguments*, uint32_t slot);

enum { SLOTS = 2 };
static struct Arguments arguments[WORLD_SIZE];
static uint8_t* workspaces[WORLD_SIZE];

static uint32_t seed = 12345;
static uint32_t next_random(void) { return seed = seed * 1664525u + 1013904223u; }

static void prepare(uint64_t count) {
  for (int r = 0; r < WORLD_SIZE; ++r) {
    uint8_t* input = malloc(ELEMENT_BYTES * count + 1);  // exactly sized, so that one element too far is caught
    for (uint64_t i = 0; i < ELEMENT_BYTES * count; ++i) input[i] = (uint8_t)(next_random() >> 13);
    arguments[r] = (struct Arguments){input, calloc(ELEMENT_BYTES * count + 1, 1), workspaces[r], count, (uint32_t)r, SLOTS};
  }
}

static int finish(uint64_t count) {
  int different = 0;
  for (int r = 0; r < WORLD_SIZE; ++r) different += memcmp(arguments[r].output, arguments[0].output, ELEMENT_BYTES * count) != 0;
  for (int r = 0; r < WORLD_SIZE; ++r) {
    free((void*)arguments[r].input);
    free(arguments[r].output);
  }
  if (different) printf("%d ranks differ from rank 0 at %llu elements\n", different, (unsigned long long)count);
  return different;
}

// When its block is through, a rank reads its sums and writes over its input: no other rank may still be at either.
struct Block { uint32_t rank, slot; };
static void* run_block(void* of_thread) {
  const struct Block* block = of_thread;
  const struct Arguments* mine = &arguments[block->rank];
  KERNEL(mine, block->slot);
  const uint64_t bytes = ELEMENT_BYTES * mine->element_count, bytes_per_tile = (uint64_t)ELEMENT_BYTES * ELEMENTS_PER_TILE;
  for (uint64_t tile = block->slot; tile * bytes_per_tile < bytes; tile += SLOTS)
    for (uint64_t i = tile * bytes_per_tile; i < bytes && i < (tile + 1) * bytes_per_tile; ++i)
      ((uint8_t*)mine->input)[i] = mine->output[i];
  return NULL;
}

static void run_ranks(void) {
  pthread_t threads[WORLD_SIZE][SLOTS];
  struct Block blocks[WORLD_SIZE][SLOTS];
  for (uint32_t r = 0; r < WORLD_SIZE; ++r)
    for (uint32_t s = 0; s < SLOTS; ++s) {
      blocks[r][s] = (struct Block){r, s};
      pthread_create(&threads[r][s], NULL, run_block, &blocks[r][s]);
    }
  for (uint32_t r = 0; r < WORLD_SIZE; ++r)
    for (uint32_t s = 0; s < SLOTS; ++s) pthread_join(threads[r][s], NULL);
}

static void run_phases(uint64_t count) {
  for (uint32_t tile = 0; tile < (count + ELEMENTS_PER_TILE - 1) / ELEMENTS_PER_TILE; ++tile) {
    for (int r = 0; r < WORLD_SIZE; ++r) PHASE1(&arguments[r], tile, tile % SLOTS);
    for (int r = 0; r < WORLD_SIZE; ++r) PHASE2(&arguments[r], tile, tile % SLOTS);
#ifdef PHASE3
    for (int r = 0; r < WORLD_SIZE; ++r) PHASE3(&arguments[r], tile, tile % SLOTS);
#endif
  }
}

#ifdef ONE_SHOT
// Packets as they may stand four billion tiles after they were sent, with the epoch of a tile that is yet to come.
enum { COMING_EPOCH = 2, PACKETS_PER_SENDER = SLOT_BYTES / 8 / (2 * WORLD_SIZE) };

static void leave_packets_behind(void) {
  for (int r = 0; r < WORLD_SIZE; ++r)
    for (uint64_t* packet = (uint64_t*)(workspaces[r] + DATA_OFFSET); packet < (uint64_t*)(workspaces[r] + WORKSPACE_BYTES); ++packet)
      *packet = (uint64_t)COMING_EPOCH << 32 | 0xdeadbeef;
}

// A rank writes nothing for itself, and two slots are there: what the first has from other ranks must be new.
static int count_packets_left_behind(void) {
  int left = 0;
  for (int r = 0; r < WORLD_SIZE; ++r) {
    const uint64_t* packet = (const uint64_t*)(workspaces[r] + DATA_OFFSET);
    for (int part = 0; part < 2 * WORLD_SIZE; ++part)
      for (int i = 0; i < PACKETS_PER_SENDER; ++i, ++packet) left += part % WORLD_SIZE != r && *packet >> 32 == COMING_EPOCH;
  }
  return left;
}
#endif

int main(int argc, char** argv) {
  const int with_flags = argc > 1 && strcmp(argv[1], "ranks") == 0;
  // Sizes follow each other without a reset, as calls do.
  const uint64_t counts[] = {0, 1, 31, 33, 2047, 2049, ELEMENTS_PER_TILE - 1, ELEMENTS_PER_TILE, ELEMENTS_PER_TILE + 1, 5 * ELEMENTS_PER_TILE + 77, 3};
  int different = 0;
  for (int r = 0; r < WORLD_SIZE; ++r) {
    workspaces[r] = aligned_alloc(256, (WORKSPACE_BYTES + 255) / 256 * 256);
    memset(workspaces[r], 0, WORKSPACE_BYTES);
    // Epochs and flags as they stand after four billion tiles, so that they wrap around on the way.
    for (uint32_t* word = (uint32_t*)(workspaces[r] + EPOCH_OFFSET); word < (uint32_t*)(workspaces[r] + DATA_OFFSET); ++word) *word = UINT32_MAX - 3;
  }
#ifdef ONE_SHOT
  leave_packets_behind();
#endif
  for (int r = 0; r < WORLD_SIZE; ++r) memcpy(workspaces[r], workspaces, sizeof workspaces);
  for (unsigned i = 0; i < sizeof counts / sizeof *counts; ++i) {
    prepare(counts[i]);
    if (with_flags) run_ranks(); else run_phases(counts[i]);
    different += finish(counts[i]);
#ifdef ONE_SHOT
    // The messages of 1 and of 31 elements were the last two tiles before the wrap-around.
    const int left = with_flags && counts[i] == 31 ? count_packets_left_behind() : 0;
    if (left) printf("%d packets left behind\n", left);
    different += left;
#endif
  }
  for (int r = 0; r < WORLD_SIZE; ++r) free(workspaces[r]);
  puts(different ? "FAILED" : "ranks agree");
  return different != 0;
}
