// Queues of file system events, and the watches in them.
//
// One thread for the process sleeps until a queue has something to read, and tells the queue's owner. It does
// not read: events that the owner does not fetch stay in the kernel, which counts them.
#include "sys/watching.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/futex.h"
#include "sys/linux/call.h"
#include "sys/signal.h"
#include "sys/sys.h"
#include "sys/thread.h"

namespace pendingop::sys {

namespace {

constexpr size_t kStack = 64 * 1024;
constexpr uint32_t kOnce = EPOLLIN | EPOLLONESHOT;

struct Queue {
  int fd;
  uint32_t number;  // unlike a descriptor's, the number is never used again
  void (*tell)(void* context);
  void* context;
};

// A leaf. Held while an owner is told, so that no owner is told of a queue that was forgotten.
Mutex mutex;
std::vector<Queue>& queues GUARDED_BY(mutex) = *new std::vector<Queue>;
uint32_t lastNumber GUARDED_BY(mutex) = 0;
int poller GUARDED_BY(mutex) = -1;

void tell(uint32_t number) {
  Lock lock(mutex);
  for (const Queue& queue : queues) {
    if (queue.number == number) return queue.tell(queue.context);
  }
}

void* watchQueues(void* argument) {
  nameThread("pendingop-watch");
  const int fd = static_cast<int>(reinterpret_cast<intptr_t>(argument));
  for (;;) {
    epoll_event events[8];
    const int count = epoll_wait(fd, events, 8, -1);
    if (count < 0 && errno != EINTR) return nullptr;  // other code has closed the descriptor
    for (int i = 0; i < count; i++) tell(events[i].data.u32);
  }
}

int start() REQUIRES(mutex) {
  if (poller >= 0) return 0;
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return -errno;
  if (!startThread(watchQueues, reinterpret_cast<void*>(static_cast<intptr_t>(fd)), kStack)) {
    ::close(fd);
    return -EAGAIN;
  }
  poller = fd;
  return 0;
}

}  // namespace

long openWatchQueue(void (*tell)(void* context), void* context) {
  Lock lock(mutex);
  if (const int failed = start(); failed < 0) return failed;
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd < 0) return -errno;
  epoll_event event{};
  event.events = kOnce;
  event.data.u32 = ++lastNumber;
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) {
    const int failed = errno;
    ::close(fd);
    return -failed;
  }
  queues.push_back({fd, lastNumber, tell, context});
  return fd;
}

void armWatchQueue(Descriptor fd) {
  Lock lock(mutex);
  for (const Queue& queue : queues) {
    if (queue.fd != fd) continue;
    epoll_event event{};
    event.events = kOnce;
    event.data.u32 = queue.number;
    epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event);
  }
}

void forgetWatchQueue(Descriptor fd) {
  Lock lock(mutex);
  epoll_ctl(poller, EPOLL_CTL_DEL, fd, nullptr);
  std::erase_if(queues, [fd](const Queue& queue) { return queue.fd == fd; });
}

long readWatchQueue(Descriptor fd, void* buffer, size_t size) {
  const ssize_t got = ::read(fd, buffer, size);
  return got < 0 ? -errno : got;
}

const uint32_t kWatched = IN_ATTRIB | IN_CREATE | IN_MODIFY | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF |
                          IN_MOVED_FROM | IN_MOVED_TO;

long addWatch(Calling& op, Descriptor queue, const char* path) {
  return call(op, Call::addWatch, kReads, SYS_inotify_add_watch, queue, path, kWatched);
}

long removeWatch(Calling& op, Descriptor queue, int watch) {
  return call(op, Call::removeWatch, kReads, SYS_inotify_rm_watch, queue, watch);
}

}  // namespace pendingop::sys
