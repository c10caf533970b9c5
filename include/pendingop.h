/*
 * pendingop.h: runs blocking functions of your own Node-API addon on pendingop's workers, listed in its table
 * and interruptible like its file calls. C99 and C++; nothing to link with. docs/native-addons.md explains
 * it.
 *
 *   const pendingop_api* po;          // this environment's: keep it there, and in no static variable
 *   pendingop_get(env, value, &po);   // value: require('pendingop').nativeApi
 *
 *   pendingop_call call = {0};
 *   call.fn = "wait";
 *   call.execute = wait_for_it;       // int64_t wait_for_it(pendingop_op*, void* data), on a worker
 *   call.destroy = free;
 *   call.data = data;
 *   napi_value promise;
 *   pendingop_run(po, env, &call, &promise);
 */
#ifndef PENDINGOP_H
#define PENDINGOP_H

#include <errno.h>
#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

#if NAPI_VERSION < 8
#error "pendingop.h needs NAPI_VERSION 8 or later"
#endif

/* The version of the function table that is asked for. Tables only grow: any later pendingop has it, too. */
#ifndef PENDINGOP_API_VERSION
#define PENDINGOP_API_VERSION 1
#endif

/*
 * The EINTR of results. On Windows they are in the numbers of libuv (uv/errno.h), which are not those of
 * errno.h there.
 */
#if defined(_WIN32)
#define PENDINGOP_EINTR 4072
#else
#define PENDINGOP_EINTR EINTR
#endif

/* Bits of `kind`, as in OpKind. */
#define PENDINGOP_TOP 1u
#define PENDINGOP_FILE 2u
#define PENDINGOP_DIR 4u
#define PENDINGOP_PATH 8u
#define PENDINGOP_LOCK 16u
#define PENDINGOP_NET 32u
#define PENDINGOP_PROCESS 64u
#define PENDINGOP_TASK 128u
#define PENDINGOP_CUSTOM 256u

#ifdef __cplusplus
extern "C" {
#endif

/* An op, while its execute function runs. */
typedef struct pendingop_op pendingop_op;

/* What a call does. pendingop_run() copies it, with its strings. Members that are not used must be zero. */
typedef struct pendingop_call {
  /* The name in the table and in errors; UTF-8. */
  const char* fn;

  /* The path that the call is about: UTF-8, absolute or from the working directory. NULL: no path. */
  const char* path;

  /* Bits. 0: PENDINGOP_TOP | PENDINGOP_CUSTOM. */
  uint32_t kind;

  /* The arguments for the table: an array. NULL: no arguments. */
  napi_value params;

  /* The caller's { signal, timeout }. NULL: neither. */
  napi_value options;

  /*
   * Runs on a worker. It may block, and must not use Node-API. Returns a result >= 0, or -errno: then the
   * promise rejects with the error that Node makes of it. After -EINTR it is called again, from the start,
   * unless the op was interrupted; so it simply returns a system call's EINTR.
   */
  int64_t (*execute)(pendingop_op* op, void* data);

  /*
   * Makes execute return when the op is interrupted. NULL: a signal is sent to execute's thread, again and
   * again, so that its system call returns EINTR. Otherwise no signal is sent, and unblock is called once, on
   * a thread of its own, while execute runs, perhaps before it has begun to wait: so the effect of unblock
   * has to last. It must not block. If execute returns an error afterwards, the outcome is `interrupted`.
   */
  void (*unblock)(void* data);

  /*
   * Called on the JavaScript thread for a result >= 0: returns the value of the promise, or throws. NULL: the
   * value is the number. Not called if the op was interrupted.
   */
  napi_value (*complete)(napi_env env, int64_t result, void* data);

  /*
   * Called once, when nobody uses `data` any more: after complete, or when a late result is dropped. It runs
   * on any thread; it must not use Node-API or block. Not called if pendingop_run() fails.
   */
  void (*destroy)(void* data);

  void* data;
} pendingop_call;

/*
 * The functions of one Node environment; each worker thread is an environment. With the functions of another
 * environment pendingop_run() fails.
 */
typedef struct pendingop_api pendingop_api;
struct pendingop_api {
  uint32_t version; /* first in all versions */

  /* See pendingop_run(). */
  napi_status (*run)(const pendingop_api* api, napi_env env, const pendingop_call* call, size_t size,
                     napi_value* promise);

  /*
   * This and the following functions are for execute. Returns whether the op was interrupted: then execute
   * has to clean up and return -EINTR. It costs next to nothing, and works on any thread while execute runs.
   */
  int (*interrupted)(const pendingop_op* op);

  /*
   * On execute's thread: begins a stretch in which neither the signal comes nor unblock runs. Stretches may
   * be nested. If unblock is running, begin waits for its return: hold no lock there that unblock takes. An
   * interrupt that came meanwhile takes effect at the end; ask interrupted() there. The caller of the op does
   * not wait longer for it: when its grace is over, the op is abandoned, and the stretch goes on undisturbed.
   */
  void (*begin_uninterruptible)(pendingop_op* op);
  void (*end_uninterruptible)(pendingop_op* op);

  /*
   * On execute's thread: makes a system call by its number, as syscall(2) does. Returns a result, or -errno.
   * -EINTR means that the op was interrupted, and nothing else, and one signal is enough: on Linux (x86-64,
   * arm64) none is lost between check and call. On other Linux systems it is libc's syscall(); on other
   * systems it returns -ENOSYS.
   */
  long (*system_call)(pendingop_op* op, long number, long a, long b, long c, long d, long e, long f);
};

/* Distinguishes pendingop's object from any other. */
static const napi_type_tag pendingop_tag = {0x70656e64696e676fULL, 0x6f702e6e61746976ULL};

/*
 * Takes the table out of `from`, which has to be `nativeApi` of the JavaScript package 'pendingop'. With any
 * status but napi_ok a JavaScript exception is pending that says what is wrong: ERR_INVALID_ARG_TYPE, or
 * ERR_PENDINGOP_API_VERSION if the installed pendingop is older than this header.
 */
static inline napi_status pendingop_get(napi_env env, napi_value from, const pendingop_api** api) {
  napi_valuetype type = napi_undefined;
  bool tagged = false;
  void* table = NULL;
  *api = NULL;
  if (from != NULL) napi_typeof(env, from, &type);
  if (type == napi_object) napi_check_object_type_tag(env, from, &pendingop_tag, &tagged);
  if (!tagged || napi_unwrap(env, from, &table) != napi_ok || table == NULL) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE",
                          "pendingop.h needs the object that require('pendingop').nativeApi is");
    return napi_pending_exception;
  }
  if (((const pendingop_api*)table)->version < PENDINGOP_API_VERSION) {
    napi_throw_error(
        env, "ERR_PENDINGOP_API_VERSION",
        "This addon was built for a newer pendingop.h than the installed package 'pendingop' has; "
        "install a newer pendingop");
    return napi_pending_exception;
  }
  *api = (const pendingop_api*)table;
  return napi_ok;
}

/*
 * Puts a call into the table and submits it to the workers. Call it on the JavaScript thread. With any status
 * but napi_ok a JavaScript exception is pending, nothing was started, and `data` is still the caller's.
 */
static inline napi_status pendingop_run(const pendingop_api* api, napi_env env, const pendingop_call* call,
                                        napi_value* promise) {
  return api->run(api, env, call, sizeof *call, promise);
}

#ifdef __cplusplus
}
#endif

#endif
