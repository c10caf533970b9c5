/*
 * deafWait(options), deafRelease(): a library that takes no signal and that nothing wakes. Its caller is
 * freed when the grace is over. Its late result is freed by `destroy`.
 */
#include <pthread.h>
#include <stdio.h>

#include "addon.h"

/* The library. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static unsigned long releases;

static char* deaf_library_wait(void) {
  pthread_mutex_lock(&mutex);
  for (const unsigned long before = releases; releases == before;) pthread_cond_wait(&released, &mutex);
  char* text = take_memory(32);
  snprintf(text, 32, "release %lu", releases);
  pthread_mutex_unlock(&mutex);
  return text;
}

static void deaf_library_release(void) {
  pthread_mutex_lock(&mutex);
  releases++;
  pthread_cond_broadcast(&released);
  pthread_mutex_unlock(&mutex);
}

/* What calls it. */
struct wait {
  char* text;
};

static int64_t execute(pendingop_op* op, void* data) {
  (void)op;
  struct wait* wait = data;
  wait->text = deaf_library_wait();
  return 0;
}

static napi_value complete(napi_env env, int64_t result, void* data) {
  (void)result;
  napi_value text = NULL;
  napi_create_string_utf8(env, ((struct wait*)data)->text, NAPI_AUTO_LENGTH, &text);
  return text;
}

static void destroy(void* data) {
  struct wait* wait = data;
  if (wait->text != NULL) give_memory(wait->text);
  give_memory(wait);
}

static napi_value deaf_wait(napi_env env, napi_callback_info info) {
  const struct invocation given = invocation_of(env, info);
  struct wait* wait = take_memory(sizeof *wait);
  pendingop_call call = {0};
  call.fn = "deafWait";
  call.options = given.arguments[0];
  call.execute = execute;
  call.complete = complete;
  call.destroy = destroy;
  call.data = wait;
  napi_value promise;
  if (pendingop_run(given.po, env, &call, &promise) == napi_ok) return promise;
  destroy(wait); /* still ours */
  return NULL;
}

static napi_value deaf_release(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  deaf_library_release();
  return NULL;
}

void define_deaf(napi_env env, napi_value object, const pendingop_api* po) {
  add_function(env, object, "deafWait", deaf_wait, po);
  add_function(env, object, "deafRelease", deaf_release, po);
}
