/*
 * read(fd, size, how, options): a system call, made in three ways.
 *
 * 'plain'     read(2) itself. It returns EINTR when the signal comes, and nothing more is needed.
 * 'stub'      through the table: the same, but one signal is enough.
 * 'shielded'  neither: bytes that it takes out of a pipe must not be lost. Its caller may be gone by then.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "addon.h"

#define MOST 65536

struct reading {
  const pendingop_api* po;
  int fd;
  size_t size;
  char bytes[];
};

static int64_t plain(pendingop_op* op, void* data) {
  (void)op;
  struct reading* reading = data;
  const ssize_t got = read(reading->fd, reading->bytes, reading->size);
  return got < 0 ? -errno : got;
}

static int64_t stub(pendingop_op* op, void* data) {
  struct reading* reading = data;
  return reading->po->system_call(op, SYS_read, reading->fd, (long)reading->bytes, (long)reading->size, 0, 0,
                                  0);
}

static int64_t shielded(pendingop_op* op, void* data) {
  struct reading* reading = data;
  reading->po->begin_uninterruptible(op);
  const int64_t got = plain(op, data);
  reading->po->end_uninterruptible(op);
  return got;
}

static napi_value complete(napi_env env, int64_t result, void* data) {
  napi_value buffer = NULL;
  napi_create_buffer_copy(env, (size_t)result, ((struct reading*)data)->bytes, NULL, &buffer);
  return buffer;
}

static napi_value start(napi_env env, napi_callback_info info) {
  const struct invocation given = invocation_of(env, info);
  int32_t fd;
  uint32_t size;
  if (napi_get_value_int32(env, given.arguments[0], &fd) != napi_ok ||
      napi_get_value_uint32(env, given.arguments[1], &size) != napi_ok || size > MOST)
    return type_error(env, "read: a descriptor and a size of up to 65536 bytes are needed");

  pendingop_call call = {0};
  if (is_text(env, given.arguments[2], "plain")) call.execute = plain;
  if (is_text(env, given.arguments[2], "stub")) call.execute = stub;
  if (is_text(env, given.arguments[2], "shielded")) call.execute = shielded;
  if (call.execute == NULL) return type_error(env, "read: how must be 'plain', 'stub' or 'shielded'");

  struct reading* reading = take_memory(sizeof *reading + size);
  reading->po = given.po;
  reading->fd = fd;
  reading->size = size;
  char path[32];
  snprintf(path, sizeof path, "/dev/fd/%d", fd);
  call.fn = "read";
  call.path = path;
  call.kind = PENDINGOP_TOP | PENDINGOP_CUSTOM | PENDINGOP_FILE;
  call.params = params_of(env, &given, 3);
  call.options = given.arguments[3];
  call.complete = complete;
  call.destroy = give_memory;
  call.data = reading;
  napi_value promise;
  if (pendingop_run(given.po, env, &call, &promise) == napi_ok) return promise;
  give_memory(reading);
  return NULL;
}

void define_read(napi_env env, napi_value object, const pendingop_api* po) {
  add_function(env, object, "read", start, po);
}
