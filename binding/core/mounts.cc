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
  const long opened = sys::openMountInfo();
  if (opened == -ENOSYS) started_ = true;
  unknown_.store(opened < 0 && opened != -ENOSYS, std::memory_order_relaxed);
  if (opened < 0) return static_cast<int>(opened);
  fd_ = sys::Descriptor(opened);
  int failed = update(fd_);
  if (failed == 0 && !sys::startThread(main, this, kStack)) failed = -EAGAIN;
  if (failed != 0) sys::closeMountInfo(fd_);  // tried again later
  started_ = failed == 0;
  return failed;
}

void Mounts::refresh() {
  const long opened = sys::openMountInfo();
  if (opened < 0) return;
  const auto fd = sys::Descriptor(opened);
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
  const sys::Descriptor fd = mounts->fd_;
  while (sys::awaitMountChange(fd)) mounts->update(fd);
  // Other code has closed the descriptor, so it must not be closed here.
  return nullptr;
}

int Mounts::update(sys::Descriptor fd) {
  Lock lock(mutex_);
  std::string text;
  if (!sys::readMountInfo(fd, &text)) return -EIO;
  if (text == text_) return 0;
  table_ = Shared<const MountTable>(new MountTable(text, sys::filesOfDevice));
  text_ = std::move(text);
  version_.fetch_add(1, std::memory_order_release);
  return 0;
}

}  // namespace pendingop
