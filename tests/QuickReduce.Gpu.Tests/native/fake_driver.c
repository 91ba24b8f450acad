// A stand-in for the CUDA driver and the HIP run time, for tests: device memory is host memory that other processes can
// map, streams are threads, and a kernel is a function of a host library, called once per block on a thread of its own.
// It is strict where the real drivers are (current context, handles, captures), counts what is alive, and fails on demand.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
enum {
  SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, INVALID_IMAGE = 200, INVALID_CONTEXT = 201,
  PEER_ACCESS_ALREADY_ENABLED = 704, INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600,
  LAUNCH_TOO_LARGE = 720, CAPTURE_UNSUPPORTED = 900, CAPTURE_UNJOINED = 904
};
enum { ARGUMENT_BYTES = 40, MAX_DEVICES = 8, MAX_CHAINS = 16 };

typedef struct Device { int index; int peers[MAX_DEVICES]; } Device;
typedef struct Event { int device; long recorded, completed; struct timespec time; struct Graph* capture; struct Stream* from; } Event;
typedef void (*Kernel)(const void* arguments, uint32_t slot);
typedef struct Function { char name[128]; Kernel kernel; } Function;
typedef struct Module { void* library; char* image; int is_code_object; Function functions[64]; int count; } Module;
typedef struct Op {
  enum { COPY, FILL, LAUNCH, RECORD, WAIT, GRAPH, CALL } kind;
  void *target, *source;
  size_t bytes;
  int value;
  long sequence;
  char arguments[ARGUMENT_BYTES];
  struct Op* next;
} Op;
typedef struct Chain { struct Stream* stream; Op *first, *last; int joined; } Chain;
typedef struct Graph { Chain chains[MAX_CHAINS]; int count; } Graph;
typedef struct Stream { int device; pthread_t thread; Op *first, *last; int busy, ends; Graph* capture; } Stream;
typedef struct Allocation { char* start; size_t bytes; int device, file, imported; struct Allocation* next; } Allocation;

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static Device devices[MAX_DEVICES];
static int device_count = 1, capability = 90, multiprocessors = 4, blocks_per_multiprocessor = 4;
static size_t memory_limit = (size_t)1 << 32, memory_used;
static Allocation* allocations;
static int live_streams, live_events, live_modules, live_graphs;
static __thread Device* current;
static __thread int capturing;
static char trace[1 << 18], failing_call[64], architecture[64] = "gfx942:sramecc+:xnack-";
static int failing_error;

// ---- what tests set and ask ----

API void fake_configure(int count, int new_capability, int new_multiprocessors, int blocks, size_t memory) {
  device_count = count; capability = new_capability; multiprocessors = new_multiprocessors;
  blocks_per_multiprocessor = blocks; memory_limit = memory;
}
API void fake_fail(const char* call, int error) { snprintf(failing_call, sizeof failing_call, "%s", call); failing_error = error; }
API void fake_set_architecture(const char* name) { snprintf(architecture, sizeof architecture, "%s", name); }
API const char* fake_trace(void) { return trace; }
API void fake_clear_trace(void) { trace[0] = 0; }
API int fake_alive(void) {
  int count = live_streams + live_events + live_modules + live_graphs;
  for (Allocation* a = allocations; a; a = a->next) ++count;
  return count;
}

static void note(const char* text) {
  pthread_mutex_lock(&gate);
  size_t length = strlen(trace);
  if (length + strlen(text) + 2 < sizeof trace) { strcpy(trace + length, text); strcat(trace, "\n"); }
  pthread_mutex_unlock(&gate);
}
static int fails(const char* call) {
  note(call);
  if (strcmp(failing_call, call)) return 0;
  failing_call[0] = 0;
  return failing_error;
}
#define ENTER(call) do { int error_ = fails(call); if (error_) return error_; if (!current) return INVALID_CONTEXT; } while (0)
#define ON_DEVICE(object) do { if (!(object) || (object)->device != current->index) return INVALID_HANDLE; } while (0)

// ---- devices ----

// Kernels that wait spin, more of them than there are processors: one that has run for a while takes naps, longer and longer
// ones, or it would keep from running what it waits for.
static __thread int naps;
static void nap(int signal) { (void)signal; nanosleep(&(struct timespec){0, 1000000L << (naps < 5 ? naps++ : 5)}, NULL); }


API int cuInit(unsigned flags) {
  sigaction(SIGRTMAX, &(struct sigaction){.sa_handler = nap, .sa_flags = SA_RESTART}, NULL);
  for (int i = 0; i < MAX_DEVICES; ++i) devices[i].index = i;
  return flags ? INVALID_VALUE : fails("cuInit");
}
API int cuDeviceGetCount(int* count) { *count = device_count; return SUCCESS; }
API int cuDeviceGet(int* handle, int index) { *handle = index; return index < device_count ? SUCCESS : INVALID_DEVICE; }
API int cuDeviceGetName(char* name, int size, int device) { snprintf(name, size, "Fake %d", device); return SUCCESS; }
API int cuDeviceGetUuid_v2(char* uuid, int device) { memset(uuid, 'F', 16); uuid[15] = (char)device; return fails("cuDeviceGetUuid"); }
API int cuDeviceTotalMem_v2(size_t* bytes, int device) { (void)device; *bytes = memory_limit; return SUCCESS; }
API int cuDeviceGetAttribute(int* value, int attribute, int device) {
  (void)device;
  *value = attribute == 16 ? multiprocessors : attribute == 38 ? 50 << 20 : attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : 0;
  return SUCCESS;
}
API int cuDevicePrimaryCtxRetain(void** context, int device) { *context = &devices[device]; return fails("cuDevicePrimaryCtxRetain"); }
API int cuCtxGetCurrent(void** context) { *context = current; return SUCCESS; }
API int cuCtxSetCurrent(void* context) { current = context; return SUCCESS; }
API int cuGetErrorName(int error, const char** name) { *name = error == OUT_OF_MEMORY ? "FAKE_OUT_OF_MEMORY" : "FAKE_ERROR"; return SUCCESS; }
API int cuGetErrorString(int error, const char** text) { (void)error; *text = "as the test asked for"; return SUCCESS; }
API int cuDeviceCanAccessPeer(int* can, int device, int peer) { *can = device != peer; return fails("cuDeviceCanAccessPeer"); }
API int cuCtxEnablePeerAccess(Device* peer, unsigned flags) {
  ENTER("cuCtxEnablePeerAccess");
  if (flags || peer == current) return INVALID_VALUE;
  if (current->peers[peer->index]) return PEER_ACCESS_ALREADY_ENABLED;
  current->peers[peer->index] = 1;
  return SUCCESS;
}

// ---- memory ----

static char* map(int file, size_t bytes) {
  char* start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return start == MAP_FAILED ? NULL : start;
}
static void keep(Allocation content) {
  Allocation* allocation = malloc(sizeof *allocation);
  *allocation = content;
  pthread_mutex_lock(&gate);
  if (!content.imported) memory_used += content.bytes;
  allocation->next = allocations;
  allocations = allocation;
  pthread_mutex_unlock(&gate);
}
static int allocate(void** pointer, size_t bytes) {
  if (capturing) return CAPTURE_UNSUPPORTED;
  if (memory_used + bytes > memory_limit) return OUT_OF_MEMORY;
  int file = memfd_create("fake device memory", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, (off_t)bytes)) return OUT_OF_MEMORY;
  char* start = map(file, bytes);
  if (!start) return OUT_OF_MEMORY;
  memset(start, 0xCD, bytes);
  keep((Allocation){start, bytes, current->index, file, 0, NULL});
  *pointer = start;
  return SUCCESS;
}
static int release(const void* pointer, int imported) {
  pthread_mutex_lock(&gate);
  Allocation** link = &allocations;
  while (*link && ((*link)->start != pointer || (*link)->imported != imported)) link = &(*link)->next;
  Allocation* found = *link;
  if (found) { *link = found->next; if (!imported) memory_used -= found->bytes; }
  pthread_mutex_unlock(&gate);
  if (!found) return INVALID_VALUE;
  munmap(found->start, found->bytes);
  if (!imported) close(found->file);
  free(found);
  return SUCCESS;
}
static Allocation* find(const void* pointer) {
  pthread_mutex_lock(&gate);
  Allocation* a = allocations;
  while (a && !((char*)pointer >= a->start && (char*)pointer < a->start + a->bytes)) a = a->next;
  pthread_mutex_unlock(&gate);
  return a;
}
API int cuMemAlloc_v2(void** pointer, size_t bytes) { ENTER("cuMemAlloc"); return bytes ? allocate(pointer, bytes) : INVALID_VALUE; }
static void drain_device(void);
API int cuMemFree_v2(void* pointer) {
  ENTER("cuMemFree");
  drain_device();  // as the real ones do
  return release(pointer, 0);
}
API int cuPointerGetAttributes(unsigned count, const int* attributes, void** values, const void* pointer) {
  note("cuPointerGetAttributes");
  const Allocation* a = find(pointer);
  for (unsigned i = 0; i < count; ++i) switch (attributes[i]) {
    case 2: *(unsigned*)values[i] = a ? 2 : 0; break;
    case 8: *(unsigned*)values[i] = 0; break;
    case 9: *(int*)values[i] = a ? a->device : -2; break;
    case 11: *(void**)values[i] = a ? a->start : NULL; break;
    case 12: *(size_t*)values[i] = a ? a->bytes : 0; break;
  }
  return SUCCESS;
}
typedef struct { long process; int file, device; size_t bytes; char fill[39], end; } IpcHandle;
_Static_assert(sizeof(IpcHandle) == 64, "as the real ones");
API int cuIpcGetMemHandle(IpcHandle* handle, void* pointer) {
  ENTER("cuIpcGetMemHandle");
  const Allocation* a = find(pointer);
  if (!a || a->imported || a->start != pointer) return INVALID_VALUE;
  *handle = (IpcHandle){.process = getpid(), .file = a->file, .device = a->device, .bytes = a->bytes, .end = 'E'};
  return SUCCESS;
}
API int cuIpcOpenMemHandle_v2(void** pointer, IpcHandle handle, unsigned flags) {
  ENTER("cuIpcOpenMemHandle");
  if (flags != 1 || handle.end != 'E') return INVALID_VALUE;
  if (handle.process == getpid()) return INVALID_CONTEXT;  // as the real ones do
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/fd/%d", handle.process, handle.file);
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return INVALID_HANDLE;
  *pointer = map(file, handle.bytes);
  close(file);
  if (!*pointer) return OUT_OF_MEMORY;
  keep((Allocation){*pointer, handle.bytes, handle.device, -1, 1, NULL});
  return SUCCESS;
}
API int cuIpcCloseMemHandle(void* pointer) { ENTER("cuIpcCloseMemHandle"); return release(pointer, 1); }

// ---- work ----

typedef struct { Kernel kernel; const void* arguments; uint32_t slot; } Block;
static void* run_block(void* data) {
  Block* b = data;
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGRTMAX};
  event._sigev_un._tid = (int)syscall(SYS_gettid);
  timer_t timer;
  const int has_timer = !timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer);
  if (has_timer) timer_settime(timer, 0, &(struct itimerspec){{0, 1000000}, {0, 1000000}}, NULL);
  b->kernel(b->arguments, b->slot);
  if (has_timer) timer_delete(timer);
  return NULL;
}
static void* run_chain(void* data);

static void execute(const Op* op) {
  switch (op->kind) {
    case COPY: memcpy(op->target, op->source, op->bytes); break;
    case FILL: memset(op->target, op->value, op->bytes); break;
    case CALL: ((void (*)(void*))op->target)(op->source); break;
    case LAUNCH: {
      const Function* function = op->target;
      if (!function->kernel) break;
      pthread_t* threads = malloc(op->value * sizeof *threads);
      Block* blocks = malloc(op->value * sizeof *blocks);
      for (int i = 0; i < op->value; ++i) {
        blocks[i] = (Block){function->kernel, op->arguments, i};
        pthread_create(&threads[i], NULL, run_block, &blocks[i]);
      }
      for (int i = 0; i < op->value; ++i) pthread_join(threads[i], NULL);
      free(blocks);
      free(threads);
      break;
    }
    case RECORD: case WAIT: {
      Event* event = op->target;
      pthread_mutex_lock(&gate);
      if (op->kind == RECORD) { event->completed = op->sequence; clock_gettime(CLOCK_MONOTONIC, &event->time); pthread_cond_broadcast(&changed); }
      else while (event->completed < op->sequence) pthread_cond_wait(&changed, &gate);
      pthread_mutex_unlock(&gate);
      break;
    }
    case GRAPH: {
      Graph* graph = op->target;
      pthread_t threads[MAX_CHAINS];
      for (int i = 0; i < graph->count; ++i) pthread_create(&threads[i], NULL, run_chain, &graph->chains[i]);
      for (int i = 0; i < graph->count; ++i) pthread_join(threads[i], NULL);
      break;
    }
  }
}
static void* run_chain(void* data) {
  for (const Op* op = ((Chain*)data)->first; op; op = op->next) execute(op);
  return NULL;
}
static void* run_stream(void* data) {
  Stream* stream = data;
  pthread_mutex_lock(&gate);
  for (;;) {
    while (!stream->first && !stream->ends) pthread_cond_wait(&changed, &gate);
    Op* op = stream->first;
    if (!op) break;
    stream->first = op->next;
    stream->busy = 1;
    pthread_mutex_unlock(&gate);
    execute(op);
    if (op->kind == COPY && op->value) free(op->source);
    free(op);
    pthread_mutex_lock(&gate);
    stream->busy = 0;
    pthread_cond_broadcast(&changed);
  }
  pthread_mutex_unlock(&gate);
  return NULL;
}
static int enqueue(Stream* stream, Op content) {
  Op* op = malloc(sizeof *op);
  *op = content;
  op->next = NULL;
  pthread_mutex_lock(&gate);
  Op **first = &stream->first, **last = &stream->last;
  if (stream->capture) {
    Chain* chain = stream->capture->chains;
    while (chain->stream != stream) ++chain;
    first = &chain->first;
    last = &chain->last;
    chain->joined = 0;
  }
  if (*first) (*last)->next = op; else *first = op;
  *last = op;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&gate);
  return SUCCESS;
}
// For a stand-in for a library whose work runs on streams: data stays the library's.
API int fake_enqueue_call(Stream* stream, void (*function)(void*), void* data) {
  ON_DEVICE(stream);
  return enqueue(stream, (Op){.kind = CALL, .target = (void*)function, .source = data});
}
static void drain(Stream* stream) {
  pthread_mutex_lock(&gate);
  while (stream->first || stream->busy) pthread_cond_wait(&changed, &gate);
  pthread_mutex_unlock(&gate);
}

static Stream* streams[256];
static void drain_device(void) {
  for (int i = 0; i < 256; ++i) if (streams[i] && streams[i]->device == current->index) drain(streams[i]);
}
API int cuStreamCreate(Stream** result, unsigned flags) {
  ENTER("cuStreamCreate");
  if (flags != 1) return INVALID_VALUE;
  Stream* stream = calloc(1, sizeof *stream);
  stream->device = current->index;
  pthread_mutex_lock(&gate);
  ++live_streams;
  for (int i = 0; i < 256; ++i) if (!streams[i]) { streams[i] = stream; break; }
  pthread_mutex_unlock(&gate);
  pthread_create(&stream->thread, NULL, run_stream, stream);
  *result = stream;
  return SUCCESS;
}
API int cuStreamDestroy_v2(Stream* stream) {
  ENTER("cuStreamDestroy");
  ON_DEVICE(stream);
  drain(stream);
  pthread_mutex_lock(&gate);
  stream->ends = 1;
  --live_streams;
  for (int i = 0; i < 256; ++i) if (streams[i] == stream) streams[i] = NULL;
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&gate);
  pthread_join(stream->thread, NULL);
  free(stream);
  return SUCCESS;
}
API int cuStreamSynchronize(Stream* stream) {
  ENTER("cuStreamSynchronize");
  ON_DEVICE(stream);
  if (stream->capture) return CAPTURE_UNSUPPORTED;
  drain(stream);
  return SUCCESS;
}
API int cuStreamQuery(Stream* stream) { ENTER("cuStreamQuery"); ON_DEVICE(stream); return stream->first || stream->busy ? NOT_READY : SUCCESS; }
API int cuStreamGetCtx(Stream* stream, void** context) { note("cuStreamGetCtx"); *context = &devices[stream->device]; return SUCCESS; }
API int cuCtxSynchronize(void) {
  ENTER("cuCtxSynchronize");
  if (capturing) return CAPTURE_UNSUPPORTED;
  drain_device();
  return SUCCESS;
}
API int cuMemcpyHtoDAsync_v2(void* target, const void* source, size_t bytes, Stream* stream) {
  ENTER("cuMemcpyHtoDAsync");
  ON_DEVICE(stream);
  void* staged = malloc(bytes);
  memcpy(staged, source, bytes);
  return enqueue(stream, (Op){.kind = COPY, .target = target, .source = staged, .bytes = bytes, .value = 1});
}
API int cuMemcpyDtoHAsync_v2(void* target, void* source, size_t bytes, Stream* stream) {
  ENTER("cuMemcpyDtoHAsync");
  ON_DEVICE(stream);
  return enqueue(stream, (Op){.kind = COPY, .target = target, .source = source, .bytes = bytes});
}
API int cuMemcpyDtoDAsync_v2(void* target, void* source, size_t bytes, Stream* stream) {
  ENTER("cuMemcpyDtoDAsync");
  ON_DEVICE(stream);
  return enqueue(stream, (Op){.kind = COPY, .target = target, .source = source, .bytes = bytes});
}
API int cuMemsetD8Async(void* target, unsigned char value, size_t bytes, Stream* stream) {
  ENTER("cuMemsetD8Async");
  ON_DEVICE(stream);
  return enqueue(stream, (Op){.kind = FILL, .target = target, .value = value, .bytes = bytes});
}

// ---- events ----

API int cuEventCreate(Event** event, unsigned flags) {
  ENTER("cuEventCreate");
  if (flags) return INVALID_VALUE;
  *event = calloc(1, sizeof **event);
  (*event)->device = current->index;
  ++live_events;
  return SUCCESS;
}
API int cuEventDestroy_v2(Event* event) { ENTER("cuEventDestroy"); ON_DEVICE(event); --live_events; free(event); return SUCCESS; }
API int cuEventRecord(Event* event, Stream* stream) {
  ENTER("cuEventRecord");
  ON_DEVICE(stream);
  event->capture = stream->capture;
  event->from = stream;
  return stream->capture ? SUCCESS : enqueue(stream, (Op){.kind = RECORD, .target = event, .sequence = ++event->recorded});
}
API int cuStreamWaitEvent(Stream* stream, Event* event, unsigned flags) {
  ENTER("cuStreamWaitEvent");
  ON_DEVICE(stream);
  if (flags) return INVALID_VALUE;
  if (!event->capture) return enqueue(stream, (Op){.kind = WAIT, .target = event, .sequence = event->recorded});
  Graph* graph = event->capture;
  if (!stream->capture) {
    stream->capture = graph;
    graph->chains[graph->count++] = (Chain){stream, NULL, NULL, 0};
  } else {
    for (int i = 0; i < graph->count; ++i) if (graph->chains[i].stream == event->from) graph->chains[i].joined = 1;
  }
  return SUCCESS;
}
API int cuEventSynchronize(Event* event) {
  ENTER("cuEventSynchronize");
  pthread_mutex_lock(&gate);
  while (event->completed < event->recorded) pthread_cond_wait(&changed, &gate);
  pthread_mutex_unlock(&gate);
  return SUCCESS;
}
API int cuEventElapsedTime(float* milliseconds, Event* start, Event* end) {
  ENTER("cuEventElapsedTime");
  *milliseconds = (end->time.tv_sec - start->time.tv_sec) * 1e3f + (end->time.tv_nsec - start->time.tv_nsec) * 1e-6f;
  return SUCCESS;
}

// ---- code: an image names the library of its kernels ("// library: PATH"), or only its source ("// source: ID") and the
// kernels, which then do nothing. Or it is a real code object: nothing here runs its kernels, but its symbols are looked up ----

static const void* symbol(const char* image, const char* name, const char* ending, size_t* bytes) {
  const Elf64_Ehdr* header = (const Elf64_Ehdr*)image;
  const Elf64_Shdr* sections = (const Elf64_Shdr*)(image + header->e_shoff);
  const Elf64_Phdr* segments = (const Elf64_Phdr*)(image + header->e_phoff);
  char full[256];
  snprintf(full, sizeof full, "%s%s", name, ending);
  for (int i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type != SHT_DYNSYM) continue;
    const Elf64_Sym* symbols = (const Elf64_Sym*)(image + sections[i].sh_offset);
    for (size_t s = 0; s < sections[i].sh_size / sizeof *symbols; ++s) {
      if (strcmp(image + sections[sections[i].sh_link].sh_offset + symbols[s].st_name, full)) continue;
      *bytes = symbols[s].st_size;
      for (int p = 0; p < header->e_phnum; ++p)
        if (segments[p].p_type == PT_LOAD && symbols[s].st_value - segments[p].p_vaddr < segments[p].p_filesz)
          return image + segments[p].p_offset + (symbols[s].st_value - segments[p].p_vaddr);
    }
  }
  return NULL;
}
static int load(Module** module, const char* image) {
  if (!memcmp(image, ELFMAG, SELFMAG)) {
    const Elf64_Ehdr* header = (const Elf64_Ehdr*)image;
    size_t bytes = header->e_shoff + (size_t)header->e_shnum * header->e_shentsize;
    *module = calloc(1, sizeof **module);
    (*module)->is_code_object = 1;
    (*module)->image = malloc(bytes);
    memcpy((*module)->image, image, bytes);
    ++live_modules;
    return SUCCESS;
  }
  if (!strstr(image, "// kernels")) return INVALID_PTX;
  *module = calloc(1, sizeof **module);
  (*module)->image = strdup(image);
  char path[1024];
  const char* library = strstr(image, "// library: ");
  if (library && sscanf(library, "// library: %1023s", path) == 1 && !((*module)->library = dlopen(path, RTLD_NOW | RTLD_LOCAL))) return INVALID_IMAGE;
  ++live_modules;
  return SUCCESS;
}
API int cuModuleLoadDataEx(Module** module, const void* image, unsigned count, int* options, void** values) {
  ENTER("cuModuleLoadDataEx");
  int error = load(module, image);
  if (error == INVALID_PTX && count == 2 && options[0] == 5 && options[1] == 6) snprintf(values[0], (size_t)values[1], "line 1; fatal: not PTX");
  return error;
}
API int cuModuleUnload(Module* module) {
  ENTER("cuModuleUnload");
  if (module->library) dlclose(module->library);
  free(module->image);
  free(module);
  --live_modules;
  return SUCCESS;
}
API int cuModuleGetFunction(Function** function, Module* module, const char* name) {
  ENTER("cuModuleGetFunction");
  void* kernel = module->library ? dlsym(module->library, name) : NULL;
  size_t bytes;
  if (module->is_code_object ? !symbol(module->image, name, ".kd", &bytes) : !kernel && (module->library || !strstr(module->image, name))) return NOT_FOUND;
  *function = &module->functions[module->count++];
  snprintf((*function)->name, sizeof (*function)->name, "%s", name);
  (*function)->kernel = (Kernel)kernel;
  return SUCCESS;
}
API int cuModuleGetGlobal_v2(void** address, size_t* bytes, Module* module, const char* name) {
  ENTER("cuModuleGetGlobal");
  if (strcmp(name, "quickreduce_source_id")) return NOT_FOUND;
  if (module->is_code_object) return (*address = (void*)symbol(module->image, name, "", bytes)) ? SUCCESS : NOT_FOUND;
  const char* line = strstr(module->image, "// source: ");
  *address = module->library ? dlsym(module->library, name) : line ? (void*)(line + strlen("// source: ")) : NULL;
  *bytes = 17;
  return *address ? SUCCESS : NOT_FOUND;
}
API int cuFuncLoad(Function* function) { ENTER("cuFuncLoad"); return function ? SUCCESS : INVALID_HANDLE; }
API int cuFuncGetAttribute(int* value, int attribute, Function* function) { ENTER("cuFuncGetAttribute"); *value = function ? 10 + attribute : -1; return SUCCESS; }
API int cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, Function* function, int threads, size_t shared) {
  ENTER("cuOccupancyMaxActiveBlocksPerMultiprocessor");
  (void)function;
  *blocks = blocks_per_multiprocessor;
  return threads >= 128 && threads <= 1024 && !shared ? SUCCESS : INVALID_VALUE;
}
static int launch(const char* call, Function* function, unsigned blocks, unsigned threads, Stream* stream, void** parameters) {
  ON_DEVICE(stream);
  char text[256];
  snprintf(text, sizeof text, "%s %s on device %d, %u blocks of %u%s", call, function->name, current->index, blocks, threads, stream->capture ? ", captured" : "");
  note(text);
  Op op = {.kind = LAUNCH, .target = function, .value = (int)blocks};
  memcpy(op.arguments, parameters[0], ARGUMENT_BYTES);
  return enqueue(stream, op);
}
API int cuLaunchKernel(Function* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, Stream* stream, void** parameters, void** extra) {
  ENTER("cuLaunchKernel");
  return gy * gz * by * bz != 1 || shared || extra ? INVALID_VALUE : launch("launch", f, gx, bx, stream, parameters);
}
API int cuLaunchCooperativeKernel(Function* f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, Stream* stream, void** parameters) {
  ENTER("cuLaunchCooperativeKernel");
  if ((int)gx > multiprocessors * blocks_per_multiprocessor) return LAUNCH_TOO_LARGE;
  return gy * gz * by * bz != 1 || shared ? INVALID_VALUE : launch("cooperative launch", f, gx, bx, stream, parameters);
}

// ---- graphs ----

static void free_graph(Graph* graph) {
  for (int i = 0; i < graph->count; ++i)
    for (Op* op = graph->chains[i].first; op;) { Op* next = op->next; free(op); op = next; }
  free(graph);
}
API int cuThreadExchangeStreamCaptureMode(int* mode) { *mode = 0; return SUCCESS; }
API int cuStreamBeginCapture_v2(Stream* stream, int mode) {
  ENTER("cuStreamBeginCapture");
  ON_DEVICE(stream);
  if (mode != 1 || stream->capture) return INVALID_VALUE;
  stream->capture = calloc(1, sizeof *stream->capture);
  stream->capture->chains[stream->capture->count++].stream = stream;
  ++capturing;
  return SUCCESS;
}
API int cuStreamEndCapture(Stream* stream, Graph** graph) {
  ENTER("cuStreamEndCapture");
  ON_DEVICE(stream);
  *graph = stream->capture;
  if (!*graph || (*graph)->chains[0].stream != stream) return INVALID_VALUE;
  --capturing;
  int unjoined = 0;
  for (int i = 0; i < (*graph)->count; ++i) {
    (*graph)->chains[i].stream->capture = NULL;
    unjoined |= i > 0 && !(*graph)->chains[i].joined;
  }
  if (unjoined) { free_graph(*graph); *graph = NULL; return CAPTURE_UNJOINED; }
  return SUCCESS;
}
API int cuGraphInstantiateWithFlags(Graph** executable, Graph* graph, unsigned long long flags) {
  ENTER("cuGraphInstantiate");
  if (flags) return INVALID_VALUE;
  *executable = malloc(sizeof **executable);
  **executable = *graph;
  ++live_graphs;
  for (int i = 0; i < graph->count; ++i) graph->chains[i].first = NULL;  // the executable graph's now
  return SUCCESS;
}
API int cuGraphDestroy(Graph* graph) { free_graph(graph); return SUCCESS; }
API int cuGraphLaunch(Graph* graph, Stream* stream) { ENTER("cuGraphLaunch"); ON_DEVICE(stream); return enqueue(stream, (Op){.kind = GRAPH, .target = graph}); }
API int cuGraphExecDestroy(Graph* graph) { ENTER("cuGraphExecDestroy"); --live_graphs; free_graph(graph); return SUCCESS; }

// ---- HIP, where it differs; the rest are the same functions under another name ----

API int hipInit(unsigned flags) { return cuInit(flags); }
API const char* hipGetErrorName(int error) { return error == OUT_OF_MEMORY ? "fakeOutOfMemory" : "fakeError"; }
API const char* hipGetErrorString(int error) { (void)error; return "as the test asked for"; }
API int hipGetLastError(void) { return SUCCESS; }
API int hipGetDevicePropertiesR0600(char* properties, int device) {
  snprintf(properties, 256, "Fake AMD %d", device);
  strcpy(properties + 1160, architecture);
  return SUCCESS;
}
API int hipDeviceGetAttribute(int* value, int attribute, int device) { (void)device; *value = attribute == 63 ? multiprocessors : attribute == 19 ? 4 << 20 : 0; return SUCCESS; }
API int hipGetDevice(int* device) { *device = current ? current->index : 0; current = &devices[*device]; return SUCCESS; }
API int hipSetDevice(int device) { current = &devices[device]; return SUCCESS; }
API int hipExtMallocWithFlags(void** pointer, size_t bytes, unsigned flags) { ENTER("hipExtMallocWithFlags"); return flags == 3 ? allocate(pointer, bytes) : INVALID_VALUE; }
typedef struct { int type, device; void *device_pointer, *host_pointer; int managed; unsigned flags; } HipAttributes;
API int hipPointerGetAttributes(HipAttributes* attributes, const void* pointer) {
  note("hipPointerGetAttributes");
  const Allocation* a = find(pointer);
  if (!a) return INVALID_VALUE;
  *attributes = (HipAttributes){2, a->device, (void*)pointer, NULL, 0, 0};
  return SUCCESS;
}
API int hipMemGetAddressRange(void** start, size_t* bytes, void* pointer) {
  const Allocation* a = find(pointer);
  if (!a) return INVALID_VALUE;
  *start = a->start;
  *bytes = a->bytes;
  return SUCCESS;
}
API int hipStreamGetDevice(Stream* stream, int* device) { *device = stream->device; return SUCCESS; }
API int hipModuleLoadData(Module** module, const void* image) { ENTER("hipModuleLoadData"); return load(module, image); }
API int hipDeviceEnablePeerAccess(int peer, unsigned flags) { return cuCtxEnablePeerAccess(&devices[peer], flags); }
#define SAME(hip, cuda) API __typeof__(cuda) hip __attribute__((alias(#cuda)))
SAME(hipGetDeviceCount, cuDeviceGetCount);
SAME(hipDeviceGetUuid, cuDeviceGetUuid_v2);
SAME(hipDeviceTotalMem, cuDeviceTotalMem_v2);
SAME(hipDeviceSynchronize, cuCtxSynchronize);
SAME(hipMalloc, cuMemAlloc_v2);
SAME(hipFree, cuMemFree_v2);
SAME(hipMemcpyHtoDAsync, cuMemcpyHtoDAsync_v2);
SAME(hipMemcpyDtoHAsync, cuMemcpyDtoHAsync_v2);
SAME(hipMemcpyDtoDAsync, cuMemcpyDtoDAsync_v2);
SAME(hipMemsetD8Async, cuMemsetD8Async);
SAME(hipStreamCreateWithFlags, cuStreamCreate);
SAME(hipStreamDestroy, cuStreamDestroy_v2);
SAME(hipStreamSynchronize, cuStreamSynchronize);
SAME(hipStreamQuery, cuStreamQuery);
SAME(hipStreamWaitEvent, cuStreamWaitEvent);
SAME(hipEventCreateWithFlags, cuEventCreate);
SAME(hipEventDestroy, cuEventDestroy_v2);
SAME(hipEventRecord, cuEventRecord);
SAME(hipEventSynchronize, cuEventSynchronize);
SAME(hipEventElapsedTime, cuEventElapsedTime);
SAME(hipModuleUnload, cuModuleUnload);
SAME(hipModuleGetFunction, cuModuleGetFunction);
SAME(hipModuleGetGlobal, cuModuleGetGlobal_v2);
SAME(hipFuncGetAttribute, cuFuncGetAttribute);
SAME(hipModuleOccupancyMaxActiveBlocksPerMultiprocessor, cuOccupancyMaxActiveBlocksPerMultiprocessor);
SAME(hipModuleLaunchKernel, cuLaunchKernel);
SAME(hipModuleLaunchCooperativeKernel, cuLaunchCooperativeKernel);
SAME(hipThreadExchangeStreamCaptureMode, cuThreadExchangeStreamCaptureMode);
SAME(hipStreamBeginCapture, cuStreamBeginCapture_v2);
SAME(hipStreamEndCapture, cuStreamEndCapture);
SAME(hipGraphInstantiateWithFlags, cuGraphInstantiateWithFlags);
SAME(hipGraphLaunch, cuGraphLaunch);
SAME(hipGraphDestroy, cuGraphDestroy);
SAME(hipGraphExecDestroy, cuGraphExecDestroy);
SAME(hipDeviceCanAccessPeer, cuDeviceCanAccessPeer);
SAME(hipIpcGetMemHandle, cuIpcGetMemHandle);
SAME(hipIpcOpenMemHandle, cuIpcOpenMemHandle_v2);
SAME(hipIpcCloseMemHandle, cuIpcCloseMemHandle);
