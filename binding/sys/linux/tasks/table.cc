#include "sys/linux/tasks/table.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "base/clock.h"
#include "base/futex.h"
#include "sys/linux/plain.h"
#include "sys/linux/tasks/start.h"
#include "sys/memory.h"

namespace pendingop::sys {

OpenDescriptors::OpenDescriptors()
    : folder_(plain(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

OpenDescriptors::~OpenDescriptors() {
  if (folder_ >= 0) plain(SYS_close, folder_);
}

int OpenDescriptors::numberOf(const char* name) {
  if (*name < '0' || *name > '9') return -1;
  int number = 0;
  for (; *name >= '0' && *name <= '9'; name++) number = 10 * number + (*name - '0');
  return number;
}

void OpenDescriptors::rewind() const { plain(SYS_lseek, folder_, 0, SEEK_SET); }

long OpenDescriptors::read(char* entries, size_t size) const {
  return folder_ < 0 ? 0 : plain(SYS_getdents64, folder_, entries, size);
}

bool OpenDescriptors::isFile(const char* name) const {
  char target[16];
  const long r = plain(SYS_readlinkat, folder_, name, target, sizeof target);
  return r > 0 && target[0] == '/' && (r < 5 || memcmp(target, "/dev/", 5) != 0);
}

bool isSocketOrPipe(int fd) {
  int type;
  uint32_t size = sizeof type;
  return plain(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 ||
         plain(SYS_fcntl, fd, F_GETPIPE_SZ) >= 0;
}

uint32_t mostDescriptors() {
  rlimit limit{};
  constexpr uint32_t kMost = 1 << 16;
  const bool known = plain(SYS_prlimit64, 0, RLIMIT_NOFILE, 0L, &limit) == 0;
  return known && limit.rlim_cur < kMost ? static_cast<uint32_t>(limit.rlim_cur) : kMost;
}

namespace {
constexpr size_t kSweeperStack = 16 * 1024;
// Longer than any close that waits for nobody.
constexpr int64_t kStuckAfter = 2 * kMillisecond;
}  // namespace

void Sweep::main(void* self) {
  auto& sweep = *static_cast<Sweep*>(self);
  beginTask("pendingop-sweep", 0, true);
  for (;;) {
    const uint32_t fd = sweep.at_.fetch_add(1, std::memory_order_acq_rel);
    if (fd >= sweep.end_) break;
    if (fd != sweep.keep_) plain(SYS_close, fd);
  }
  wakeOne(sweep.at_);
  endTask();
}

bool Sweep::start() {
  const size_t number = count_.load(std::memory_order_relaxed);
  if (number == kMost) return false;
  Sweeper& sweeper = sweepers_[number];
  sweeper.stack = static_cast<uint8_t*>(mapPages(kSweeperStack));
  if (sweeper.stack == nullptr) return false;
  sweeper.alive.store(1, std::memory_order_relaxed);
  // The sweeper shares our table, but is the supervisor's child, as we are.
  const long id = po_clone(kTaskFlags | CLONE_FILES | CLONE_PARENT, sweeper.stack + kSweeperStack,
                           reinterpret_cast<uint32_t*>(&sweeper.alive), main, this);
  if (id < 0) {
    unmapPages(sweeper.stack, kSweeperStack);
    return false;
  }
  sweeper.id = static_cast<uint32_t>(id);
  count_.store(number + 1, std::memory_order_release);
  return true;
}

bool Sweep::isEmpty() const {
  for (uint32_t fd = 0; fd < end_; fd++) {
    if (fd != keep_ && plain(SYS_fcntl, fd, F_GETFD) >= 0) return false;
  }
  return true;
}

// Waits until all are closed, or nothing has been closed for a while.
void Sweep::awaitProgress() {
  uint32_t seen = at_.load(std::memory_order_acquire);
  for (int64_t until = nowNs() + kStuckAfter; !isEmpty() && nowNs() < until;) {
    waitWhile(at_, seen, kStuckAfter / 4);
    const uint32_t at = at_.load(std::memory_order_acquire);
    if (at != seen) until = nowNs() + kStuckAfter;
    seen = at;
  }
}

void Sweep::run(int keep, bool isBoundary) {
  keep_ = static_cast<uint32_t>(keep);
  end_ = isBoundary ? keep_ : mostDescriptors();
  {
    // If the program has no local files open, that is all.
    const OpenDescriptors descriptors;
    uint32_t last = 0;
    descriptors.each([&](const char* name, int fd) {
      const auto number = static_cast<uint32_t>(fd);
      if (number == keep_) return;
      if (!descriptors.isFile(name)) plain(SYS_close, fd);
      if (number > last) last = number;
    });
    if (descriptors.areListed()) end_ = last + 1;
  }
  while (!isEmpty()) {
    const bool all = at_.load(std::memory_order_acquire) >= end_;
    if (!all && !start()) {
      // No task can be started. So closes them here, however long that takes.
      for (uint32_t fd = 0; fd < end_; fd++) {
        if (fd != keep_) plain(SYS_close, fd);
      }
    }
    awaitProgress();
  }
}

bool Sweep::reap() {
  bool left = false;
  const size_t count = count_.load(std::memory_order_acquire);
  for (size_t i = 0; i < count; i++) {
    Sweeper& sweeper = sweepers_[i];
    if (sweeper.id == 0) continue;
    if (sweeper.alive.load(std::memory_order_acquire) != 0 || !reapTask(sweeper.id)) {
      left = true;
      continue;
    }
    sweeper.id = 0;
    unmapPages(sweeper.stack, kSweeperStack);
  }
  return !left;
}

void Sweep::kill(Remaining* remaining) {
  const size_t count = count_.load(std::memory_order_acquire);
  for (size_t i = 0; i < count; i++) {
    if (sweepers_[i].id == 0) continue;
    if (killTask(sweepers_[i].id))
      remaining->addKilled(sweepers_[i].id);
    else
      remaining->kept++;
  }
}

}  // namespace pendingop::sys
