/* What the files of this addon share. */
#ifndef EXAMPLE_ADDON_H
#define EXAMPLE_ADDON_H

#include <pendingop.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Each adds its functions to `object`. Their callbacks get `po` as data. */
void define_count(napi_env env, napi_value object, const pendingop_api* po);
void define_deaf(napi_env env, napi_value object, const pendingop_api* po);
void define_read(napi_env env, napi_value object, const pendingop_api* po);
void define_ring(napi_env env, napi_value object, const pendingop_api* po);

void add_function(napi_env env, napi_value object, const char* name, napi_callback callback,
                  const pendingop_api* po);

#define MOST_ARGUMENTS 4

/* A call of one of the functions. Missing arguments are undefined. */
struct invocation {
  const pendingop_api* po;
  napi_value arguments[MOST_ARGUMENTS];
};
struct invocation invocation_of(napi_env env, napi_callback_info info);

/* Returns the arguments without the last one, the options: for the table. */
napi_value params_of(napi_env env, const struct invocation* invocation, size_t count);
/* Returns whether the argument is this text. */
bool is_text(napi_env env, napi_value value, const char* text);
/* Throws a TypeError and returns NULL. */
napi_value type_error(napi_env env, const char* message);

/* The memory of calls, counted: counts() tells what was not freed. */
void* take_memory(size_t size);
void give_memory(void* memory);

#ifdef __cplusplus
}
#endif

#endif
