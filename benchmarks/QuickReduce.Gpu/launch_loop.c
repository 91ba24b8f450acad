/* What a C program pays for the launches of an all-reduce: the driver's launch call, for every rank's stream in turn.
 * QuickReduce.Gpu compiles this where it finds a C compiler, and calls it in turn with its own loop (LaunchLoop.cs). */
#include <stddef.h>
#include <time.h>

/* cuLaunchKernel and hipModuleLaunchKernel have the same parameters. */
typedef int (*launch_function)(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                               unsigned block_z, unsigned shared_bytes, void *stream, void **parameters, void **extra);

/* Microseconds of one launch, or -1 where the driver refuses one. The kernel is an all-reduce's, of no elements: it ends at once. */
double quickreduce_launch_loop(launch_function launch, void *function, unsigned threads, void *workspace, void *const *streams, int stream_count, int calls) {
  struct { void *input, *output, *workspace; unsigned long long element_count; unsigned rank, block_count; } arguments = {0};
  void *parameters[] = {&arguments};
  struct timespec start, end;
  arguments.workspace = workspace;
  arguments.block_count = 1;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int call = 0; call < calls; call++)
    for (int rank = 0; rank < stream_count; rank++) {
      arguments.rank = (unsigned)rank;
      if (launch(function, 1, 1, 1, threads, 1, 1, 0, streams[rank], parameters, NULL) != 0) return -1;
    }
  clock_gettime(CLOCK_MONOTONIC, &end);
  return ((end.tv_sec - start.tv_sec) * 1e6 + (end.tv_nsec - start.tv_nsec) * 1e-3) / ((double)calls * stream_count);
}
