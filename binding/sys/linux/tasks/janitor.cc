#include "sys/linux/tasks/janitor.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <string_view>

#include "base/clock.h"
#include "base/futex.h"
#include "sys/linux/plain.h"
#include "sys/linux/tasks/forge.h"
#include "sys/linux/tasks/start.h"
#include "sys/linux/tasks/table.h"
#include "sys/memory.h"
#include "sys/remote.h"
#include "sys/task.h"

namespace pendingop::sys {

namespace {

std::atomic<uint32_t> alive{0};
// The supervisor's.
uint32_t id = 0;
uint8_t* stack = nullptr;
// The request. The exit task is woken until it has answered: it may be about to sleep.
std::atomic<uint32_t> victim{0};
std::atomic<bool> refused{false};
std::atomic<bool> dismissed{false};
constexpr int64_t kPatience = kSecond;

long readAll(const char* path, char* text, size_t room) {
  const long fd = plain(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  size_t size = 0;
  for (long r = 1; r > 0 && size<room; size += r> 0 ? static_cast<size_t>(r) : 0)
    r = plain(SYS_read, fd, text + size, room - size);
  plain(SYS_close, fd);
  return static_cast<long>(size);
}

int numberAt(std::string_view text) {
  int number = 0;
  for (size_t i = 0; i < text.size() && text[i] >= '0' && text[i] <= '9'; i++)
    number = 10 * number + (text[i] - '0');
  return number;
}

// The ids of the mounts whose files can be closed without waiting.
class LocalMounts {
 public:
  LocalMounts() {
    text_ = static_cast<char*>(mapPages(kRoom));
    if (text_ == nullptr) return;
    std::string_view rest(text_, static_cast<size_t>(readAll("/proc/self/mountinfo", text_, kRoom)));
    for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1))
      note(rest.substr(0, end));
  }

  bool have(const char* descriptor) const {
    constexpr std::string_view kFolder = "/proc/self/fdinfo/", kId = "mnt_id:\t";
    char path[64] = {};
    memcpy(path, kFolder.data(), kFolder.size());
    for (size_t i = 0; descriptor[i] != 0 && kFolder.size() + i < sizeof path - 1; i++)
      path[kFolder.size() + i] = descriptor[i];
    char info[256];
    const std::string_view text(info, static_cast<size_t>(readAll(path, info, sizeof info)));
    const size_t at = text.find(kId);
    if (at == std::string_view::npos) return false;
    const int id = numberAt(text.substr(at + kId.size()));
    for (int i = 0; i < count_; i++) {
      if (ids_[i] == id) return true;
    }
    return false;
  }

 private:
  static constexpr size_t kRoom = 1 << 20;
  static constexpr int kMost = 4096;

  // The line is: id parent … - type source options
  void note(std::string_view line) {
    constexpr std::string_view kDash = " - ";
    const size_t dash = line.find(kDash);
    if (dash == std::string_view::npos || count_ == kMost) return;
    std::string_view type = line.substr(dash + kDash.size());
    type = type.substr(0, type.find(' '));
    if (!isRemote(type)) ids_[count_++] = numberAt(line);
  }

  char* text_;
  int count_ = 0;
  int ids_[kMost];
};

// First closes what nobody can have to wait for, whatever else is wrong.
void closeWhatCannotWait() {
  const OpenDescriptors descriptors;
  if (!descriptors.areListed()) {
    const uint32_t end = mostDescriptors();
    for (uint32_t fd = 0; fd < end; fd++) {
      if (isSocketOrPipe(static_cast<int>(fd))) plain(SYS_close, fd);
    }
    return;
  }
  descriptors.each([&](const char* name, int fd) {
    if (!descriptors.isFile(name)) plain(SYS_close, fd);
  });
  const LocalMounts local;
  descriptors.each([&](const char* name, int fd) {
    if (local.have(name)) plain(SYS_close, fd);
  });
}

void killVictim() {
  const uint32_t task = victim.load(std::memory_order_acquire);
  if (task == 0) return;
  refused.store(plain(SYS_tgkill, task, task, SIGKILL) == -EPERM, std::memory_order_relaxed);
  victim.store(0, std::memory_order_release);
  wakeOne(victim);
}

void janitorMain(void*) {
  beginTask("pendingop-exit", 0, false);
  while (!isProcessGone()) {
    killVictim();
    if (dismissed.load(std::memory_order_acquire)) endTask();
    awaitEndOfProcess();
  }
  killForge();
  closeWhatCannotWait();
  endTask();
}

}  // namespace

void startJanitor() {
  // Another process may have killed it.
  if (id != 0 && alive.load(std::memory_order_acquire) == 0 && reapTask(id)) id = 0;
  if (id != 0 || (stack == nullptr && (stack = mapStack()) == nullptr)) return;
  alive.store(1, std::memory_order_relaxed);
  dismissed.store(false, std::memory_order_relaxed);
  const long made = po_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_CHILD_CLEARTID, topOf(stack),
                             reinterpret_cast<uint32_t*>(&alive), janitorMain, nullptr);
  id = made > 0 ? static_cast<uint32_t>(made) : 0;
}

bool isJanitorThere() { return id != 0 && alive.load(std::memory_order_acquire) != 0; }

bool askJanitorToKill(uint32_t task) {
  if (id == 0 || task == id) return false;
  victim.store(task, std::memory_order_release);
  const int64_t until = nowNs() + kPatience;
  while (victim.load(std::memory_order_acquire) != 0) {
    if (alive.load(std::memory_order_acquire) == 0 || nowNs() > until) return false;
    wakeWhoAwaitsEnd();
    waitWhile(victim, task, kMillisecond);
  }
  return !refused.load(std::memory_order_relaxed);
}

void endJanitor(Remaining* remaining) {
  if (id == 0) return;
  if (alive.load(std::memory_order_acquire) == 0 && reapTask(id)) {
    id = 0;
    return;
  }
  if (killTask(id)) {
    remaining->addKilled(id);
    return;
  }
  remaining->kept++;
  dismissed.store(true, std::memory_order_release);
  wakeWhoAwaitsEnd();
}

}  // namespace pendingop::sys
