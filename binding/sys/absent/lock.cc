// No tasks, so no holder of a lock dies: a lock is waited for as for any word.
#include "base/futex.h"
#include "base/robust_mutex.h"

namespace pendingop::sys {

void watchLocksOf(LockHolder&) {}
void waitForLock(std::atomic<uint32_t>& word, uint32_t expected) { waitWhile(word, expected, -1); }
void wakeForLock(std::atomic<uint32_t>& word) { wakeOne(word); }

}  // namespace pendingop::sys
