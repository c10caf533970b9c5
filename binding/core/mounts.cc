#include "core/mounts.h"

#include "base/errors.h"
#include "sys/mountinfo.h"
#include "sys/signal.h"
#include "sys/thread.h"

namespace pendingop {

namespace {
constexpr size_t kStack = 256 * 1024;
}

// Made when the image is loaded: see core/runtime.cc.
Mounts& Mounts::instance() { return theMounts; }
Mounts& Mounts::theMounts = *new Mounts;

int Mounts::start() {
  Lock lock(startMutex_);
  if (started_) return 0;
  const int fd = sys::openMountInfo();
  if (fd == -ENOSYS) started_ = true;
  unknown_.store(fd < 0 && fd != -ENOSYS, std::memory_order_relaxed);
  if (fd < 0) return fd;
  int failed = update(fd);
  fd_ = fd;
  if (failed == 0 && !sys::startThread(main, this, kStack)) failed = -EAGAIN;
  if (failed != 0) sys::closeMountInfo(fd);  // tried again later
  started_ = failed == 0;
  return failed;
}

void Mounts::refresh() {
  const int fd = sys::openMountInfo();
  if (fd < 0) return;
  update(fd);
  sys::closeMountInfo(fd);
}

Shared<const MountTable> Mounts::current() {
  Lock lock(mutex_);
  return table_;
}

void* Mounts::main(void* self) {
  sys::nameThread("pendingop-mount");
  auto* mounts = static_cast<Mounts*>(self);
  const int fd = mounts->fd_;
  while (sys::awaitMountChange(fd)) mounts->update(fd);
  // Other code has closed the descriptor, so it must not be closed here.
  return nullptr;
}

int Mounts::update(int fd) {
  Lock lock(mutex_);
  std::string text;
  if (!sys::readMountInfo(fd, &text)) return -EIO;
  if (text == text_) return 0;
  table_ = Shared<const MountTable>(new MountTable(text));
  text_ = std::move(text);
  version_.fetch_add(1, std::memory_order_release);
  return 0;
}

}  // namespace pendingop
