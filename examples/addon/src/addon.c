/*
 * attach(nativeApi): returns the functions of this addon, for the environment that pendingop's object belongs
 * to.
 */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

static long out; /* several threads' */

void* take_memory(size_t size) {
  __atomic_fetch_add(&out, 1, __ATOMIC_RELAXED);
  return calloc(1, size);
}

void give_memory(void* memory) {
  __atomic_fetch_sub(&out, 1, __ATOMIC_RELAXED);
  free(memory);
}

static napi_value counts(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value object, value;
  napi_create_object(env, &object);
  napi_create_int64(env, __atomic_load_n(&out, __ATOMIC_RELAXED), &value);
  napi_set_named_property(env, object, "out", value);
  return object;
}

void add_function(napi_env env, napi_value object, const char* name, napi_callback callback,
                  const pendingop_api* po) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, (void*)po, &function);
  napi_set_named_property(env, object, name, function);
}

struct invocation invocation_of(napi_env env, napi_callback_info info) {
  struct invocation invocation;
  size_t count = MOST_ARGUMENTS;
  void* data;
  napi_get_cb_info(env, info, &count, invocation.arguments, NULL, &data);
  invocation.po = data;
  return invocation;
}

napi_value params_of(napi_env env, const struct invocation* invocation, size_t count) {
  napi_value array;
  napi_create_array_with_length(env, count, &array);
  for (size_t i = 0; i < count; i++) napi_set_element(env, array, (uint32_t)i, invocation->arguments[i]);
  return array;
}

bool is_text(napi_env env, napi_value value, const char* text) {
  char buffer[32];
  size_t length;
  return napi_get_value_string_utf8(env, value, buffer, sizeof buffer, &length) == napi_ok &&
         strcmp(buffer, text) == 0;
}

napi_value type_error(napi_env env, const char* message) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", message);
  return NULL;
}

static napi_value attach(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object, from;
  const pendingop_api* po;
  napi_get_cb_info(env, info, &count, &from, NULL, NULL);
  if (pendingop_get(env, from, &po) != napi_ok) return NULL; /* an exception is pending */
  napi_create_object(env, &object);
  define_count(env, object, po);
  define_deaf(env, object, po);
  define_read(env, object, po);
  define_ring(env, object, po);
  add_function(env, object, "counts", counts, po);
  return object;
}

NAPI_MODULE_INIT() {
  add_function(env, exports, "attach", attach, NULL);
  return exports;
}
