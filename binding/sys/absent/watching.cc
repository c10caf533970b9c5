#include "sys/watching.h"

#include "base/errors.h"

namespace pendingop::sys {

long openWatchQueue(void (*)(void*), void*) { return -ENOSYS; }
void armWatchQueue(int) {}
void forgetWatchQueue(int) {}
long readWatchQueue(int, void*, size_t) { return -EAGAIN; }

}  // namespace pendingop::sys
