// An addon. attach(nativeApi) returns read(path, how), which waits for a byte of a named pipe. With 'held'
// nothing interrupts it.
#define NAPI_VERSION 8
#include <pendingop.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

struct reading {
  const pendingop_api* po;
  bool held;
  char path[200];
};

static int64_t readByte(pendingop_op* op, void* data) {
  const struct reading* reading = data;
  const HANDLE pipe = CreateFileA(reading->path, GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
  if (pipe == INVALID_HANDLE_VALUE) return -4058; /* ENOENT */
  unsigned char byte = 0;
  DWORD count = 0;
  if (reading->held) reading->po->begin_uninterruptible(op);
  const BOOL ok = ReadFile(pipe, &byte, 1, &count, NULL);
  const DWORD error = GetLastError();
  if (reading->held) reading->po->end_uninterruptible(op);
  CloseHandle(pipe);
  if (ok) return byte;
  return error == ERROR_OPERATION_ABORTED ? -PENDINGOP_EINTR : -4070; /* EIO */
}

static napi_value start(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], promise;
  void* po;
  napi_get_cb_info(env, info, &count, arguments, NULL, &po);
  struct reading* reading = calloc(1, sizeof *reading);
  reading->po = po;
  napi_get_value_string_utf8(env, arguments[0], reading->path, sizeof reading->path, NULL);
  napi_get_value_bool(env, arguments[1], &reading->held);
  pendingop_call call = {0};
  call.fn = "readByte";
  call.execute = readByte;
  call.destroy = free;
  call.data = reading;
  if (pendingop_run(po, env, &call, &promise) == napi_ok) return promise;
  free(reading);
  return NULL;
}

static napi_value attach(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value from, function;
  const pendingop_api* po;
  napi_get_cb_info(env, info, &count, &from, NULL, NULL);
  if (pendingop_get(env, from, &po) != napi_ok) return NULL;
  napi_create_function(env, "read", NAPI_AUTO_LENGTH, start, (void*)po, &function);
  return function;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "attach", NAPI_AUTO_LENGTH, attach, NULL, &function);
  napi_set_named_property(env, exports, "attach", function);
  return exports;
}
