// Waiting and locking for workers. On Linux nothing here uses libc's thread-local storage, so a task, which
// has no thread descriptor of its own, may use it, too. Elsewhere it is built on pthreads.
#pragma once

#include <atomic>
#include <cstdint>

#if defined(__clang__)
#define PO_TSA(x) __attribute__((x))
#else
#define PO_TSA(x)
#endif
#define CAPABILITY(x) PO_TSA(capability(x))
#define SCOPED_CAPABILITY PO_TSA(scoped_lockable)
#define GUARDED_BY(x) PO_TSA(guarded_by(x))
#define REQUIRES(...) PO_TSA(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) PO_TSA(acquire_capability(__VA_ARGS__))
#define RELEASE(...) PO_TSA(release_capability(__VA_ARGS__))

namespace pendingop {

// Sleeps while `word` is `expected`, for at most `ns` (negative: for ever). It may also return without a
// reason.
void waitWhile(std::atomic<uint32_t>& word, uint32_t expected, int64_t ns);
void wakeOne(std::atomic<uint32_t>& word);

// After Drepper, "Futexes Are Tricky". 0: free, 1: held, 2: held, and somebody waits.
class CAPABILITY("mutex") Mutex {
 public:
  void lock() ACQUIRE() {
    uint32_t seen = 0;
    if (word_.compare_exchange_strong(seen, 1, std::memory_order_acquire)) return;
    if (seen != 2) seen = word_.exchange(2, std::memory_order_acquire);
    while (seen != 0) {
      waitWhile(word_, 2, -1);
      seen = word_.exchange(2, std::memory_order_acquire);
    }
  }
  void unlock() RELEASE() {
    if (word_.exchange(0, std::memory_order_release) == 2) wakeOne(word_);
  }

 private:
  std::atomic<uint32_t> word_{0};
};

class SCOPED_CAPABILITY Lock {
 public:
  explicit Lock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() RELEASE() { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

inline void spinPause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace pendingop
