// Waiting on a word of memory, built on pthreads: a table of queues, found by the word's address.
#include "base/futex.h"

#include <pthread.h>
#include <time.h>

#include "base/clock.h"

namespace pendingop {

namespace {

struct Waiter {
  const void* address;
  Waiter* next = nullptr;
  bool woken = false;
  pthread_cond_t condition;
};

// Lock order: a bucket's mutex is a leaf.
struct Bucket {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  Waiter* first = nullptr;
};

constexpr size_t kBuckets = 256;

Bucket& bucketOf(const void* address) {
  static Bucket* const buckets = new Bucket[kBuckets];  // never destroyed: workers outlive static destructors
  return buckets[(reinterpret_cast<uintptr_t>(address) * 0x9e3779b97f4a7c15u >> 40) % kBuckets];
}

void initCondition(pthread_cond_t* condition) {
#if defined(__APPLE__)
  pthread_cond_init(condition, nullptr);
#else
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(condition, &attributes);
  pthread_condattr_destroy(&attributes);
#endif
}

void waitUntil(pthread_cond_t* condition, pthread_mutex_t* mutex, int64_t deadline) {
#if defined(__APPLE__)
  const int64_t rest = deadline - nowNs();
  if (rest <= 0) return;
  const timespec limit{static_cast<time_t>(rest / kSecond), static_cast<long>(rest % kSecond)};
  pthread_cond_timedwait_relative_np(condition, mutex, &limit);
#else
  const timespec limit{static_cast<time_t>(deadline / kSecond), static_cast<long>(deadline % kSecond)};
  pthread_cond_timedwait(condition, mutex, &limit);
#endif
}

}  // namespace

void waitWhile(std::atomic<uint32_t>& word, uint32_t expected, int64_t ns) {
  const int64_t deadline = ns < 0 ? 0 : nowNs() + ns;
  Bucket& bucket = bucketOf(&word);
  pthread_mutex_lock(&bucket.mutex);
  // Read under the bucket's mutex: a thread that changes the word and then wakes either finds us in the
  // queue, or we see its change.
  if (word.load(std::memory_order_seq_cst) != expected) {
    pthread_mutex_unlock(&bucket.mutex);
    return;
  }
  Waiter self;
  self.address = &word;
  initCondition(&self.condition);
  Waiter** end = &bucket.first;
  while (*end != nullptr) end = &(*end)->next;
  *end = &self;
  while (!self.woken && (ns < 0 || nowNs() < deadline)) {
    if (ns < 0)
      pthread_cond_wait(&self.condition, &bucket.mutex);
    else
      waitUntil(&self.condition, &bucket.mutex, deadline);
  }
  if (!self.woken) {
    Waiter** at = &bucket.first;
    while (*at != &self) at = &(*at)->next;
    *at = self.next;
  }
  pthread_mutex_unlock(&bucket.mutex);
  pthread_cond_destroy(&self.condition);
}

void wakeOne(std::atomic<uint32_t>& word) {
  Bucket& bucket = bucketOf(&word);
  pthread_mutex_lock(&bucket.mutex);
  Waiter** at = &bucket.first;
  while (*at != nullptr && (*at)->address != &word) at = &(*at)->next;
  if (Waiter* const waiter = *at; waiter != nullptr) {
    *at = waiter->next;
    waiter->woken = true;
    // Signalled while locked: once the mutex is unlocked, the waiter may be gone.
    pthread_cond_signal(&waiter->condition);
  }
  pthread_mutex_unlock(&bucket.mutex);
}

}  // namespace pendingop
