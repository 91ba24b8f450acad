// Times MPI_Allreduce of fp16 elements with a user-defined sum (F16C, fp32 accumulation per addition), out of place.
//
//   mpicc -O3 -mavx2 -mf16c allreduce.c -o allreduce && mpirun -n RANKS ./allreduce BYTES...
//
// Rank 0 prints a line per size: "allreduce RANKS BYTES MICROSECONDS", the median over batches of the time per call of
// the slowest rank.
#include <immintrin.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 11 };
static const double SAMPLE_SECONDS = 0.03;

static void sum_float16(void* in, void* inout, int* length, MPI_Datatype* type) {
  (void)type;
  const uint16_t* a = in;
  uint16_t* b = inout;
  int i = 0;
  for (; i + 8 <= *length; i += 8) {
    __m256 x = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)(a + i)));
    __m256 y = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)(b + i)));
    _mm_storeu_si128((__m128i*)(b + i), _mm256_cvtps_ph(_mm256_add_ps(x, y), _MM_FROUND_TO_NEAREST_INT));
  }
  for (; i < *length; i++) {
    b[i] = (uint16_t)_cvtss_sh(_cvtsh_ss(a[i]) + _cvtsh_ss(b[i]), _MM_FROUND_TO_NEAREST_INT);
  }
}

static int by_value(const void* a, const void* b) {
  double x = *(const double*)a, y = *(const double*)b;
  return (x > y) - (x < y);
}

static double seconds_per_call(const void* in, void* out, int count, MPI_Datatype type, MPI_Op sum, int calls) {
  MPI_Barrier(MPI_COMM_WORLD);
  double start = MPI_Wtime();
  for (int i = 0; i < calls; i++) MPI_Allreduce(in, out, count, type, sum, MPI_COMM_WORLD);
  double mine = (MPI_Wtime() - start) / calls, slowest;
  MPI_Allreduce(&mine, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return slowest;
}

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int rank, ranks;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  MPI_Datatype float16;
  MPI_Type_contiguous(2, MPI_BYTE, &float16);
  MPI_Type_commit(&float16);
  MPI_Op sum;
  MPI_Op_create(sum_float16, 1, &sum);

  for (int arg = 1; arg < argc; arg++) {
    long bytes = atol(argv[arg]);
    int count = (int)(bytes / 2);
    uint16_t* in = malloc((size_t)bytes);
    uint16_t* out = malloc((size_t)bytes);
    if (bytes < 2 || !in || !out) {
      fprintf(stderr, "cannot reduce %s bytes\n", argv[arg]);
      MPI_Abort(MPI_COMM_WORLD, 2);
    }
    for (int i = 0; i < count; i++) in[i] = (uint16_t)(0x3000 + i % 977);

    double once = seconds_per_call(in, out, count, float16, sum, 3);
    once = seconds_per_call(in, out, count, float16, sum, 3);
    int calls = once > 0 ? (int)(SAMPLE_SECONDS / once) : 1;
    calls = calls < 1 ? 1 : calls;
    double samples[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) samples[i] = seconds_per_call(in, out, count, float16, sum, calls);
    qsort(samples, SAMPLES, sizeof *samples, by_value);
    if (rank == 0) printf("allreduce %d %ld %.3f\n", ranks, bytes, samples[SAMPLES / 2] * 1e6);
    free(in);
    free(out);
  }
  MPI_Finalize();
  return 0;
}
