#include "sys/linux/janitor.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "sys/linux/plain.h"
#include "sys/task.h"

extern "C" {
// NOLINTNEXTLINE(readability-identifier-naming): the name that the assembly files give it
long po_clone(unsigned long flags, void* stackTop, uint32_t* alive, void (*body)(void*), void* argument);
}

namespace pendingop::sys {

namespace {

std::atomic<uint32_t> alive{0};

struct Entry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;
  char name[];
};

// "/proc/self/fd/N" is the text of a path, or of something that is none: "socket:[1]",
// "anon_inode:[eventpoll]". To read it touches no file system. A socket, a pipe or a device never makes its
// closer wait; a file may.
bool canWait(int directory, const char* name) {
  char target[16];
  const long r = plain(SYS_readlinkat, directory, name, target, sizeof target);
  if (r <= 0) return false;
  return target[0] == '/' && (r < 5 || memcmp(target, "/dev/", 5) != 0);
}

void closeWhatCannotWait() {
  const long directory = plain(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  alignas(8) char entries[4096];
  for (;;) {
    const long size = plain(SYS_getdents64, directory, entries, sizeof entries);
    if (size <= 0) return;
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const Entry*>(entries + at);
      at += entry->length;
      if (entry->name[0] == '.') continue;
      int fd = 0;
      for (const char* digit = entry->name; *digit != 0; digit++) fd = 10 * fd + (*digit - '0');
      if (fd != directory && !canWait(static_cast<int>(directory), entry->name)) plain(SYS_close, fd);
    }
  }
}

void janitorMain(void*) {
  const uint64_t all = ~uint64_t{0};
  plain(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0L, sizeof all);
  plain(SYS_prctl, PR_SET_NAME, "pendingop-exit");
  plain(SYS_prctl, PR_SET_PDEATHSIG, SIGHUP);
  const uint64_t death = uint64_t{1} << (SIGHUP - 1);
  // Not by the signal alone: a process that has given up its privileges may not send us one.
  const timespec second{1, 0};
  while (!isOrphan()) plain(SYS_rt_sigtimedwait, &death, 0L, &second, sizeof death);
  closeWhatCannotWait();
  endTask();
}

}  // namespace

void startJanitor(int) {
  if (alive.load(std::memory_order_relaxed) != 0) return;
  uint8_t* stack = mapStack();
  if (stack == nullptr) return;
  alive.store(1, std::memory_order_relaxed);
  const long id = po_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_CHILD_CLEARTID, stack + kTaskStack,
                           reinterpret_cast<uint32_t*>(&alive), janitorMain, nullptr);
  if (id >= 0) return;
  alive.store(0, std::memory_order_relaxed);
  unmapStack(stack);
}

}  // namespace pendingop::sys
