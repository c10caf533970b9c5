#include "core/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include "core/clock.h"
#include "sys/linux/plain.h"

namespace pendingop {

void waitWhile(std::atomic<uint32_t>& word, uint32_t expected, int64_t ns) {
  timespec limit{ns / kSecond, ns % kSecond};
  sys::plain(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, ns < 0 ? nullptr : &limit);
}

void wakeOne(std::atomic<uint32_t>& word) { sys::plain(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1); }

}  // namespace pendingop
