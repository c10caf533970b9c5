#include "sys/watching.h"

#include "base/errors.h"

namespace pendingop::sys {

long openWatchQueue(void (*)(void*), void*) { return -ENOSYS; }
void armWatchQueue(Descriptor) {}
void forgetWatchQueue(Descriptor) {}
long readWatchQueue(Descriptor, void*, size_t) { return -EAGAIN; }

}  // namespace pendingop::sys
