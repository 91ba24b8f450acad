// A stand-in for NCCL and RCCL, for tests: ranks in processes add up through a file that all map, on the streams of the
// stand-in for the driver. As the real ones do, it adds in the element type, each chunk in an order of its own; it waits
// for ever for a rank that does not come or brings another number of elements, unless it is aborted; and it does not notice
// that ranks mean different types.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
enum { SUCCESS = 0, SYSTEM_ERROR = 2, INVALID_ARGUMENT = 4, INVALID_USAGE = 5 };
enum { FLOAT16 = 6, FLOAT32 = 7, BFLOAT16 = 9 };
enum { CHUNK_BYTES = 1 << 16, MOST_RANKS = 8 };

typedef struct { char bytes[128]; } Id;
typedef struct { _Atomic long arrived, departed; _Atomic size_t count; char data[CHUNK_BYTES]; } Place;
typedef struct { atomic_int joined; Place places[MOST_RANKS]; } Shared;
typedef struct { Shared* shared; int rank, count; long chunks; atomic_int aborted, running; } Comm;
typedef struct { Comm* comm; const char* input; char* output; size_t count; int type; } Work;

static int (*enqueue)(void* stream, void (*function)(void*), void* data);
static atomic_int live, made;
static char failing_call[64];
static int failing_error;
static atomic_int async_error;

API void fake_nccl_use(void* enqueue_call) { enqueue = enqueue_call; }
API void fake_nccl_fail(const char* call, int error) { snprintf(failing_call, sizeof failing_call, "%s", call); failing_error = error; }
API void fake_nccl_set_async_error(int error) { async_error = error; }
API int fake_nccl_alive(void) { return live; }

static int fails(const char* call) {
  if (strcmp(failing_call, call)) return SUCCESS;
  failing_call[0] = 0;
  return failing_error;
}

API int ncclGetVersion(int* version) { *version = 22803; return SUCCESS; }
API const char* ncclGetErrorString(int error) { return error == SYSTEM_ERROR ? "fake system error" : "fake error"; }
API const char* ncclGetLastError(void* comm) { (void)comm; return "as the test asked for"; }
API int ncclGetUniqueId(Id* id) {
  memset(id, 0, sizeof *id);
  snprintf(id->bytes, sizeof id->bytes, "/tmp/fake-nccl-%d-%d", getpid(), ++made);
  int file = open(id->bytes, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, sizeof(Shared))) return SYSTEM_ERROR;
  close(file);
  return fails("ncclGetUniqueId");
}
API int ncclCommInitRank(Comm** comm, int count, Id id, int rank) {
  int error = fails("ncclCommInitRank");
  if (error) return error;
  if (count > MOST_RANKS) return INVALID_ARGUMENT;
  int file = open(id.bytes, O_RDWR | O_CLOEXEC);
  if (file < 0) return SYSTEM_ERROR;
  Shared* shared = mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (atomic_fetch_add(&shared->joined, 1) == count - 1) unlink(id.bytes);
  while (shared->joined < count) usleep(100);
  *comm = calloc(1, sizeof **comm);
  (*comm)->shared = shared;
  (*comm)->rank = rank;
  (*comm)->count = count;
  ++live;
  return SUCCESS;
}
static int end(Comm* comm) {
  comm->aborted = 1;
  while (comm->running) usleep(100);
  --live;  // the memory stays: work that is still in a stream comes by
  return SUCCESS;
}
API int ncclCommDestroy(Comm* comm) { return end(comm); }
API int ncclCommAbort(Comm* comm) { return end(comm); }
API int ncclCommGetAsyncError(Comm* comm, int* error) { (void)comm; *error = async_error; return SUCCESS; }

static float read_element(const char* data, size_t i, int type) {
  if (type == FLOAT32) return ((const float*)data)[i];
  if (type == FLOAT16) return (float)((const _Float16*)data)[i];
  uint32_t bits = (uint32_t)((const uint16_t*)data)[i] << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}
static void write_element(char* data, size_t i, int type, float value) {
  if (type == FLOAT32) { ((float*)data)[i] = value; return; }
  if (type == FLOAT16) { ((_Float16*)data)[i] = (_Float16)value; return; }
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  ((uint16_t*)data)[i] = value != value ? 0x7FFF : (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

// Whether all ranks have come to a point, once they have, or the communicator was aborted.
static int await(Comm* comm, long point, int has_departed) {
  for (int rank = 0; rank < comm->count; ++rank) {
    Place* place = &comm->shared->places[rank];
    while (!comm->aborted && (has_departed ? place->departed : place->arrived) < point) usleep(20);
  }
  return !comm->aborted;
}
static void add_up(void* data) {
  Work* work = data;
  Comm* comm = work->comm;
  atomic_fetch_add(&comm->running, 1);
  const size_t size = work->type == FLOAT32 ? 4 : 2, most = CHUNK_BYTES / size;
  for (size_t first = 0; first < work->count && !comm->aborted; first += most) {
    const size_t count = work->count - first < most ? work->count - first : most;
    Place* own = &comm->shared->places[comm->rank];
    const long point = ++comm->chunks;
    if (!await(comm, point - 1, 1)) break;
    memcpy(own->data, work->input + first * size, count * size);
    own->count = work->count;
    own->arrived = point;
    if (!await(comm, point, 0)) break;
    for (int rank = 0; rank < comm->count; ++rank)
      while (comm->shared->places[rank].count != work->count && !comm->aborted) usleep(100);
    for (size_t i = 0; i < count; ++i) {
      float sum = 0;
      for (int turn = 0; turn < comm->count; ++turn) {
        const float value = read_element(comm->shared->places[(point + turn) % comm->count].data, i, work->type);
        char rounded[4];
        write_element(rounded, 0, work->type, turn == 0 ? value : sum + value);
        sum = read_element(rounded, 0, work->type);
      }
      write_element(work->output + first * size, i, work->type, sum);
    }
    own->departed = point;
  }
  atomic_fetch_sub(&comm->running, 1);
}
API int ncclAllReduce(const void* input, void* output, size_t count, int type, int operation, Comm* comm, void* stream) {
  int error = fails("ncclAllReduce");
  if (error) return error;
  if (operation != 0 || comm->aborted) return INVALID_ARGUMENT;
  Work* work = malloc(sizeof *work);
  *work = (Work){comm, input, output, count, type};
  return enqueue(stream, add_up, work) == 0 ? SUCCESS : INVALID_USAGE;
}
