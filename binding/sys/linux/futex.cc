#include "core/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"

namespace pendingop {

void waitWhile(std::atomic<uint32_t>& word, uint32_t expected, int64_t ns) {
  timespec limit{ns / kSecond, ns % kSecond};
  syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, ns < 0 ? nullptr : &limit, nullptr, 0);
}

void wakeOne(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

}  // namespace pendingop
