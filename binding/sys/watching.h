// Queues of file system events: inotify. Only the Linux backend has them; elsewhere Node's own watchers stay
// in use.
#pragma once

#include <cstddef>

#include "sys/descriptor.h"

namespace pendingop::sys {

// Opens a queue. Returns its descriptor, or -errno; -ENOSYS: the system has none. When there is something to
// read, `tell(context)` runs on a thread of this file's: once, and once more after each armWatchQueue().
long openWatchQueue(void (*tell)(void* context), void* context);
void armWatchQueue(Descriptor queue);
// Once it returns, `tell` is not called any more. The descriptor stays open.
void forgetWatchQueue(Descriptor queue);
// Reads whole events in the kernel's layout. Returns the number of bytes, or -EAGAIN. Never waits.
long readWatchQueue(Descriptor queue, void* buffer, size_t size);

}  // namespace pendingop::sys
