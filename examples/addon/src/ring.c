/*
 * A queue of numbers that is an io_uring: ringCreate() makes one, ringPost(ring, number) puts a number in,
 * and ringWait(ring, how, options) waits for the next. There are two ways to end a wait on an empty ring:
 *
 * 'signal'  io_uring_wait_cqe() returns EINTR by itself.
 * 'wake'    a no-op of our own, marked as such, for libraries that do not.
 */
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "addon.h"

#define WAKE UINT64_MAX

struct ring {
  struct io_uring uring;
  pthread_mutex_t submitting; /* who posts; the one who waits takes what is completed without it */
  int users;                  /* the JavaScript object and, if there is one, the wait */
  int waiting;
};

static void drop_ring(void* data) {
  struct ring* ring = data;
  if (__atomic_sub_fetch(&ring->users, 1, __ATOMIC_ACQ_REL) > 0) return;
  io_uring_queue_exit(&ring->uring);
  pthread_mutex_destroy(&ring->submitting);
  free(ring);
}

static bool post(struct ring* ring, uint64_t number) {
  pthread_mutex_lock(&ring->submitting);
  struct io_uring_sqe* entry = io_uring_get_sqe(&ring->uring);
  if (entry != NULL) {
    io_uring_prep_nop(entry);
    io_uring_sqe_set_data64(entry, number);
    io_uring_submit(&ring->uring);
  }
  pthread_mutex_unlock(&ring->submitting);
  return entry != NULL;
}

static int64_t execute(pendingop_op* op, void* data) {
  (void)op;
  struct ring* ring = data;
  struct io_uring_cqe* completed;
  const int failed = io_uring_wait_cqe(&ring->uring, &completed);
  if (failed < 0) return failed;
  const uint64_t number = io_uring_cqe_get_data64(completed);
  io_uring_cqe_seen(&ring->uring, completed);
  /* It was meant for an earlier wait. This op was not interrupted, so pendingop calls this function again. */
  return number == WAKE ? -EINTR : (int64_t)number;
}

/* Stays in the ring until somebody takes it, so it does not matter whether the wait has begun. */
static void unblock(void* data) { post(data, WAKE); }

static void destroy(void* data) {
  struct ring* ring = data;
  __atomic_store_n(&ring->waiting, 0, __ATOMIC_RELEASE);
  drop_ring(ring);
}

static void collected(napi_env env, void* data, void* hint) {
  (void)env, (void)hint;
  drop_ring(data);
}

static napi_value ring_create(napi_env env, napi_callback_info info) {
  (void)info;
  struct ring* ring = calloc(1, sizeof *ring);
  const int failed = io_uring_queue_init(8, &ring->uring, 0);
  if (failed < 0) {
    free(ring);
    napi_throw_error(env, "ERR_IO_URING", strerror(-failed));
    return NULL;
  }
  pthread_mutex_init(&ring->submitting, NULL);
  ring->users = 1;
  napi_value external;
  if (napi_create_external(env, ring, collected, NULL, &external) == napi_ok) return external;
  drop_ring(ring);
  return NULL;
}

static napi_value ring_wait(napi_env env, napi_callback_info info) {
  const struct invocation given = invocation_of(env, info);
  void* data;
  if (napi_get_value_external(env, given.arguments[0], &data) != napi_ok)
    return type_error(env, "ringWait: no ring");
  struct ring* ring = data;
  if (__atomic_exchange_n(&ring->waiting, 1, __ATOMIC_ACQUIRE))
    return type_error(env, "ringWait: somebody waits already");
  __atomic_add_fetch(&ring->users, 1, __ATOMIC_RELAXED);

  pendingop_call call = {0};
  call.fn = "ringWait";
  call.params = params_of(env, &given, 2);
  call.options = given.arguments[2];
  call.execute = execute;
  call.unblock = is_text(env, given.arguments[1], "wake") ? unblock : NULL;
  call.destroy = destroy;
  call.data = ring;
  napi_value promise;
  if (pendingop_run(given.po, env, &call, &promise) == napi_ok) return promise;
  destroy(ring);
  return NULL;
}

static napi_value ring_post(napi_env env, napi_callback_info info) {
  const struct invocation given = invocation_of(env, info);
  void* data;
  uint32_t number;
  if (napi_get_value_external(env, given.arguments[0], &data) != napi_ok ||
      napi_get_value_uint32(env, given.arguments[1], &number) != napi_ok)
    return type_error(env, "ringPost: a ring and a number are needed");
  if (!post(data, number)) napi_throw_error(env, "ERR_RING_FULL", "The ring is full");
  return NULL;
}

void define_ring(napi_env env, napi_value object, const pendingop_api* po) {
  add_function(env, object, "ringCreate", ring_create, po);
  add_function(env, object, "ringWait", ring_wait, po);
  add_function(env, object, "ringPost", ring_post, po);
}
