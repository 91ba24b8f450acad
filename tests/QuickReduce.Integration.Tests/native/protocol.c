// Runs a generated translation unit under a sanitizer, as two programs in one:
//   protocol phases    the phase functions of all ranks in order, on exactly sized buffers
//   protocol ranks     all ranks as threads that run the whole protocol with its flags, two slots each
// and compares the ranks' results with one another. Compiled together with the unit; the entry points and the geometry
// come as macros: KERNEL, PHASE1, PHASE2, PHASE3, WORLD_SIZE, WORKSPACE_BYTES, EPOCH_OFFSET, DATA_OFFSET, ELEMENTS_PER_TILE.
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
void PHASE3(const struct Arguments*, uint32_t tile, uint32_t slot);
void KERNEL(const struct Arguments*, uint32_t slot);

enum { SLOTS = 2 };
static struct Arguments arguments[WORLD_SIZE];
static uint8_t* workspaces[WORLD_SIZE];

static uint32_t seed = 12345;
static uint32_t next_random(void) { return seed = seed * 1664525u + 1013904223u; }

static void prepare(uint64_t count) {
  for (int r = 0; r < WORLD_SIZE; ++r) {
    uint16_t* input = malloc(2 * count + 1);  // exactly sized, so that one element too far is caught
    for (uint64_t i = 0; i < count; ++i) input[i] = (uint16_t)(next_random() >> 13);
    arguments[r] = (struct Arguments){(uint8_t*)input, calloc(2 * count + 1, 1), workspaces[r], count, (uint32_t)r, SLOTS};
  }
}

static int finish(uint64_t count) {
  int different = 0;
  for (int r = 0; r < WORLD_SIZE; ++r) different += memcmp(arguments[r].output, arguments[0].output, 2 * count) != 0;
  for (int r = 0; r < WORLD_SIZE; ++r) {
    free((void*)arguments[r].input);
    free(arguments[r].output);
  }
  if (different) printf("%d ranks differ from rank 0 at %llu elements\n", different, (unsigned long long)count);
  return different;
}

struct Block { uint32_t rank, slot; };
static void* run_block(void* block) {
  KERNEL(&arguments[((struct Block*)block)->rank], ((struct Block*)block)->slot);
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
    for (int r = 0; r < WORLD_SIZE; ++r) PHASE3(&arguments[r], tile, tile % SLOTS);
  }
}

int main(int argc, char** argv) {
  const int with_flags = argc > 1 && strcmp(argv[1], "ranks") == 0;
  // Sizes follow each other without a reset, as calls do.
  const uint64_t counts[] = {0, 1, 31, 33, 2047, 2049, ELEMENTS_PER_TILE - 1, ELEMENTS_PER_TILE, ELEMENTS_PER_TILE + 1, 5 * ELEMENTS_PER_TILE + 77, 3};
  int different = 0;
  for (int r = 0; r < WORLD_SIZE; ++r) {
    workspaces[r] = aligned_alloc(256, (WORKSPACE_BYTES + 255) / 256 * 256);
    memset(workspaces[r], 0, WORKSPACE_BYTES);
    // Epochs and flags as they stand after four billion tiles, so that they wrap around on the way.
    for (uint32_t* word = (uint32_t*)(workspaces[r] + EPOCH_OFFSET); word < (uint32_t*)(workspaces[r] + DATA_OFFSET); ++word) *word = UINT32_MAX - 2;
  }
  for (int r = 0; r < WORLD_SIZE; ++r) memcpy(workspaces[r], workspaces, sizeof workspaces);
  for (unsigned i = 0; i < sizeof counts / sizeof *counts; ++i) {
    prepare(counts[i]);
    if (with_flags) run_ranks(); else run_phases(counts[i]);
    different += finish(counts[i]);
  }
  for (int r = 0; r < WORLD_SIZE; ++r) free(workspaces[r]);
  puts(different ? "FAILED" : "ranks agree");
  return different != 0;
}
