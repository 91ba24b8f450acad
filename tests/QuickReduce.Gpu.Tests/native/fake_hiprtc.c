// A stand-in for hipRTC, for tests: the same functions, with clang++-22 as a program behind them instead of ROCm's compiler
// as a library. So everything around the compiler is exercised, and what comes out is real code.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))
enum { SUCCESS = 0, OUT_OF_MEMORY = 1, INVALID_INPUT = 3, INVALID_PROGRAM = 4, COMPILATION = 6 };
enum { MAX_OPTIONS = 32 };

typedef struct Program { char *text, *code, *log; size_t code_bytes, log_bytes; } Program;

static int compilations, live_programs, failing;

API int fake_compilations(void) { return __atomic_load_n(&compilations, __ATOMIC_SEQ_CST); }
API int fake_programs(void) { return live_programs; }
API void fake_fail_next(int error) { failing = error; }

static char* read_file(const char* path, size_t* bytes) {
  struct stat status;
  int file = open(path, O_RDONLY);
  *bytes = 0;
  if (file < 0 || fstat(file, &status)) return NULL;
  char* content = calloc(1, status.st_size + 1);
  if (read(file, content, status.st_size) == status.st_size) *bytes = status.st_size;
  close(file);
  return content;
}

API int hiprtcVersion(int* major, int* minor) { *major = 9; *minor = 0; return SUCCESS; }
API const char* hiprtcGetErrorString(int error) { return error == COMPILATION ? "HIPRTC_ERROR_COMPILATION" : error == OUT_OF_MEMORY ? "HIPRTC_ERROR_OUT_OF_MEMORY" : "HIPRTC_ERROR"; }
API int hiprtcCreateProgram(Program** program, const char* text, const char* name, int header_count, const char** headers, const char** includes) {
  if (!text || !name || header_count || headers || includes) return INVALID_INPUT;
  *program = calloc(1, sizeof **program);
  (*program)->text = strdup(text);
  ++live_programs;
  return SUCCESS;
}
API int hiprtcCompileProgram(Program* program, int option_count, const char** options) {
  int error = failing;
  failing = 0;
  if (error) return error;
  if (!program || option_count > MAX_OPTIONS) return INVALID_PROGRAM;
  __atomic_add_fetch(&compilations, 1, __ATOMIC_SEQ_CST);
  char folder[] = "/tmp/fake-hiprtc-XXXXXX", source[64], output[64], log[64];
  if (!mkdtemp(folder)) return OUT_OF_MEMORY;
  snprintf(source, sizeof source, "%s/unit.hip", folder);
  snprintf(output, sizeof output, "%s/unit.o", folder);
  snprintf(log, sizeof log, "%s/log", folder);
  FILE* file = fopen(source, "w");
  fputs(program->text, file);
  fclose(file);

  const char* arguments[MAX_OPTIONS + 16] = {
    "clang++-22", "-x", "hip", "--cuda-device-only", "--no-gpu-bundle-output", "-nogpuinc", "-nogpulib", "-fuse-cuid=none", "-o", output, source};
  int count = 11;
  for (int i = 0; i < option_count; ++i) arguments[count++] = options[i];
  pid_t child = fork();
  if (!child) {
    int errors = open(log, O_CREAT | O_WRONLY, 0600);
    dup2(errors, 2);
    execvp(arguments[0], (char**)arguments);
    _exit(127);
  }
  int status = -1;
  waitpid(child, &status, 0);
  program->log = read_file(log, &program->log_bytes);
  program->code = status ? NULL : read_file(output, &program->code_bytes);
  unlink(source);
  unlink(output);
  unlink(log);
  rmdir(folder);
  return status ? COMPILATION : SUCCESS;
}
API int hiprtcGetProgramLogSize(Program* program, size_t* bytes) { *bytes = program->log_bytes ? program->log_bytes + 1 : 0; return SUCCESS; }
API int hiprtcGetProgramLog(Program* program, char* log) { memcpy(log, program->log, program->log_bytes + 1); return SUCCESS; }
API int hiprtcGetCodeSize(Program* program, size_t* bytes) { *bytes = program->code_bytes; return program->code ? SUCCESS : INVALID_PROGRAM; }
API int hiprtcGetCode(Program* program, char* code) { memcpy(code, program->code, program->code_bytes); return SUCCESS; }
API int hiprtcDestroyProgram(Program** program) {
  free((*program)->text);
  free((*program)->code);
  free((*program)->log);
  free(*program);
  *program = NULL;
  --live_programs;
  return SUCCESS;
}
