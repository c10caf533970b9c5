// Queues of file system events, as inotify has them. Only the Linux backend does; elsewhere Node's own
// watchers stay.
#pragma once

#include <cstddef>

namespace pendingop::sys {

// The descriptor of a new queue, or -errno: -ENOSYS where there are none. `tell(context)` runs on a thread of
// this file's when there is something to read: once, and once more after each armWatchQueue().
long openWatchQueue(void (*tell)(void* context), void* context);
void armWatchQueue(int queue);
// Nobody is told any more once it returns. The descriptor stays open.
void forgetWatchQueue(int queue);
// Whole events as the kernel lays them out: how many bytes, or -EAGAIN. Never waits.
long readWatchQueue(int queue, void* buffer, size_t size);

}  // namespace pendingop::sys
