/*
 * attach(nativeApi): { run(spec, options), go(), calls(), live() }.
 *
 * run() makes the call that `spec` describes: fn, path, kind, params as they are (missing: not set);
 * `without` leaves out 'call', 'promise' or 'execute'; `table` set: with the first thread's
 * table; `does` is what execute does, `completes` what complete
 * does, `unblocks` what unblock does. Every piece of data counts as live until it is destroyed.
 */
#include <errno.h>
#include <pendingop.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct probe {
  const pendingop_api* po;
  char does[16];
  char completes[16];
  int64_t result;
  int stop;
};

/* Of the first that attached, in whatever thread: what no addon should keep. */
static const pendingop_api* first;
static int live, executed, unblocked, may_go;

static int64_t execute(pendingop_op* op, void* data) {
  struct probe* probe = data;
  const struct timespec moment = {0, 1000000};
  const int times = __atomic_add_fetch(&executed, 1, __ATOMIC_SEQ_CST);
  if (strcmp(probe->does, "again") == 0) return times < 5 ? -EINTR : times;
  if (strcmp(probe->does, "nested") == 0) {
    probe->po->begin_uninterruptible(op);
    probe->po->begin_uninterruptible(op);
    probe->po->end_uninterruptible(op);
    while (!__atomic_load_n(&may_go, __ATOMIC_SEQ_CST)) {
      if (nanosleep(&moment, NULL) != 0) return 1; /* a signal has come */
    }
    if (__atomic_load_n(&unblocked, __ATOMIC_SEQ_CST) > 0) return 2;
    probe->po->end_uninterruptible(op);
    probe->po->end_uninterruptible(op); /* one too many */
    /* Now it does. */
    while (poll(NULL, 0, -1) == 0) continue;
    return -errno;
  }
  if (strcmp(probe->does, "open-stretch") == 0) {
    probe->po->begin_uninterruptible(op);
    return probe->result;
  }
  if (strcmp(probe->does, "poll") == 0) return poll(NULL, 0, -1) < 0 ? -errno : 0;
  if (strcmp(probe->does, "until-told") == 0) {
    while (!__atomic_load_n(&probe->stop, __ATOMIC_SEQ_CST)) nanosleep(&moment, NULL);
  }
  if (strcmp(probe->does, "until-go") == 0) {
    while (!__atomic_load_n(&may_go, __ATOMIC_SEQ_CST)) nanosleep(&moment, NULL);
  }
  if (strcmp(probe->does, "stack") == 0) {
    volatile char much[256 * 1024];
    for (size_t i = 0; i < sizeof much; i += 1024) much[i] = 1;
    return much[1024];
  }
  return probe->result;
}

static void tell(void* data) {
  __atomic_add_fetch(&unblocked, 1, __ATOMIC_SEQ_CST);
  __atomic_store_n(&((struct probe*)data)->stop, 1, __ATOMIC_SEQ_CST);
}

static void hang(void* data) {
  const struct timespec moment = {0, 1000000};
  tell(data);
  while (!__atomic_load_n(&may_go, __ATOMIC_SEQ_CST)) nanosleep(&moment, NULL);
}

static void nothing(void* data) {
  (void)data;
  __atomic_add_fetch(&unblocked, 1, __ATOMIC_SEQ_CST);
}

static napi_value complete(napi_env env, int64_t result, void* data) {
  struct probe* probe = data;
  napi_value value = NULL, script;
  if (strcmp(probe->completes, "throw") == 0) napi_throw_error(env, "ERR_PROBE", "thrown by complete");
  if (strcmp(probe->completes, "text") == 0) napi_create_string_utf8(env, "made", NAPI_AUTO_LENGTH, &value);
  if (strcmp(probe->completes, "script") == 0) {
    /* An exception of JavaScript's, passed on by doing nothing about it. */
    napi_create_string_utf8(env, "throw new RangeError('in script')", NAPI_AUTO_LENGTH, &script);
    napi_run_script(env, script, &value);
    (void)result;
  }
  return value;
}

static void destroy(void* data) {
  __atomic_sub_fetch(&live, 1, __ATOMIC_SEQ_CST);
  free(data);
}

static napi_value get(napi_env env, napi_value object, const char* name) {
  napi_value value;
  napi_valuetype type;
  napi_get_named_property(env, object, name, &value);
  napi_typeof(env, value, &type);
  return type == napi_undefined ? NULL : value;
}

static char* text(napi_env env, napi_value object, const char* name, char* buffer, size_t size) {
  napi_value value = get(env, object, name);
  buffer[0] = 0;
  if (value == NULL) return NULL;
  napi_get_value_string_utf8(env, value, buffer, size, NULL);
  return buffer;
}

static napi_value run(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value arguments[2], promise;
  void* data;
  char fn[64], path[256], word[16];
  napi_get_cb_info(env, info, &count, arguments, NULL, &data);
  const napi_value spec = arguments[0];
  struct probe* probe = calloc(1, sizeof *probe);
  __atomic_add_fetch(&live, 1, __ATOMIC_SEQ_CST);
  probe->po = data;
  if (text(env, spec, "table", word, sizeof word) != NULL) probe->po = first;
  text(env, spec, "does", probe->does, sizeof probe->does);
  if (get(env, spec, "result") != NULL) napi_get_value_int64(env, get(env, spec, "result"), &probe->result);

  pendingop_call call;
  memset(&call, 0, sizeof call);
  call.fn = text(env, spec, "fn", fn, sizeof fn);
  call.path = text(env, spec, "path", path, sizeof path);
  if (get(env, spec, "kind") != NULL) napi_get_value_uint32(env, get(env, spec, "kind"), &call.kind);
  call.params = get(env, spec, "params");
  call.options = arguments[1];
  call.execute = execute;
  if (text(env, spec, "completes", probe->completes, sizeof probe->completes) != NULL)
    call.complete = complete;
  if (text(env, spec, "unblocks", word, sizeof word) != NULL)
    call.unblock = strcmp(word, "tell") == 0 ? tell : strcmp(word, "hang") == 0 ? hang : nothing;
  call.destroy = destroy;
  call.data = probe;
  text(env, spec, "without", word, sizeof word);
  if (strcmp(word, "execute") == 0) call.execute = NULL;
  if (pendingop_run(probe->po, env, strcmp(word, "call") == 0 ? NULL : &call,
                    strcmp(word, "promise") == 0 ? NULL : &promise) == napi_ok)
    return promise;
  destroy(probe);
  return NULL;
}

static napi_value number(napi_env env, const int* from) {
  napi_value value;
  napi_create_int32(env, __atomic_load_n(from, __ATOMIC_SEQ_CST), &value);
  return value;
}

/* go(on): lets go, or holds again and sets the counts to 0. */
static napi_value go(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  bool on = false;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_bool(env, argument, &on);
  if (!on) {
    __atomic_store_n(&executed, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&unblocked, 0, __ATOMIC_SEQ_CST);
  }
  __atomic_store_n(&may_go, on, __ATOMIC_SEQ_CST);
  return NULL;
}

static napi_value counts(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value object;
  napi_create_object(env, &object);
  napi_set_named_property(env, object, "live", number(env, &live));
  napi_set_named_property(env, object, "executed", number(env, &executed));
  napi_set_named_property(env, object, "unblocked", number(env, &unblocked));
  return object;
}

static void add(napi_env env, napi_value object, const char* name, napi_callback callback, void* data) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &function);
  napi_set_named_property(env, object, name, function);
}

static napi_value attach(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value from, object;
  const pendingop_api* po;
  napi_get_cb_info(env, info, &count, &from, NULL, NULL);
  if (pendingop_get(env, from, &po) != napi_ok) return NULL;
  if (first == NULL) first = po;
  napi_create_object(env, &object);
  add(env, object, "run", run, (void*)po);
  add(env, object, "go", go, NULL);
  add(env, object, "counts", counts, NULL);
  return object;
}

NAPI_MODULE_INIT() {
  add(env, exports, "attach", attach, NULL);
  return exports;
}
