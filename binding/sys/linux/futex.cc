#include "base/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include <cstddef>

#include "base/clock.h"
#include "base/robust_mutex.h"
#include "sys/linux/plain.h"

namespace pendingop {

void waitWhile(std::atomic<uint32_t>& word, uint32_t expected, int64_t ns) {
  timespec limit{ns / kSecond, ns % kSecond};
  sys::plain(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, ns < 0 ? nullptr : &limit);
}

void wakeOne(std::atomic<uint32_t>& word) { sys::plain(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1); }

namespace sys {

namespace {
constexpr int64_t kLockWait = 10 * kMillisecond;
}

void watchLocksOf(LockHolder& holder) { plain(SYS_set_robust_list, &holder.list, sizeof(robust_list_head)); }

// Not a private futex: when a task dies, the kernel wakes waiters of shared ones.
void waitForLock(std::atomic<uint32_t>& word, uint32_t expected) {
  const timespec limit{0, kLockWait};
  plain(SYS_futex, &word, FUTEX_WAIT, expected, &limit);
}

void wakeForLock(std::atomic<uint32_t>& word) { plain(SYS_futex, &word, FUTEX_WAKE, 1); }

}  // namespace sys

static_assert(sizeof(robust_list_head) == 3 * sizeof(void*) && offsetof(LockHolder, list) == 0 &&
              offsetof(LockHolder, pending) == offsetof(robust_list_head, list_op_pending));

}  // namespace pendingop
