#include "sys/linux/tasks/forge.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <atomic>

#include "base/clock.h"
#include "base/futex.h"
#include "sys/linux/plain.h"
#include "sys/linux/tasks/start.h"
#include "sys/linux/tasks/table.h"

namespace pendingop::sys {

int socketOfProcess = -1;

namespace {

// How long the forge may take to begin before those who wait for it go on without it.
constexpr int64_t kPatience = 200 * kMillisecond;
constexpr unsigned kUnshare = 2;  // CLOSE_RANGE_UNSHARE, which older headers lack
constexpr long kCloseRange = 436;

int theirEnd = -1;

struct Forge {
  uint32_t id = 0;
  uint8_t* stack = nullptr;
  int64_t since = 0;
  std::atomic<uint32_t> alive{0};
  std::atomic<bool> ready{false};
  std::atomic<uint32_t> asked{0};     // a futex: there is a request, or the forge has to end
  std::atomic<uint32_t> answered{0};  // a futex
  std::atomic<bool> dismissed{false};
  std::atomic<bool> refused{false};  // neither this forge nor the next one can have a table of its own
  const TaskStart* request = nullptr;
  long result = 0;
  Sweep sweep;
  Forge* next = nullptr;
};
std::atomic<Forge*> current{nullptr};
// Forges that are ending, or whose sweepers are. They may take their time.
Forge* left = nullptr;

// Returns false if the forge cannot have a table of its own, now or ever.
bool makeTable(Forge& self) {
  // Descriptors above our socket are not even copied.
  long r = plain(kCloseRange, theirEnd + 1, ~0U, kUnshare);
  const bool isBoundary = r >= 0;
  if (r == -ENOSYS || r == -EINVAL) r = plain(SYS_unshare, CLONE_FILES);  // older than Linux 5.9
  self.refused.store(r == -ENOSYS || r == -EINVAL || r == -EPERM, std::memory_order_relaxed);
  if (r >= 0) self.sweep.run(theirEnd, isBoundary);
  return r >= 0;
}

void forgeMain(void* argument) {
  auto& self = *static_cast<Forge*>(argument);
  beginTask("pendingop-forge", 0, true);
  if (!makeTable(self)) endTask();
  if (theirEnd != kOwnSocket) {
    plain(SYS_dup3, theirEnd, kOwnSocket, O_CLOEXEC);
    plain(SYS_close, theirEnd);
  }
  self.ready.store(true, std::memory_order_release);
  for (;;) {
    while (self.asked.load(std::memory_order_acquire) == 0) waitWhile(self.asked, 0, -1);
    if (self.dismissed.load(std::memory_order_acquire)) endTask();
    self.asked.store(0, std::memory_order_relaxed);
    // The task is the supervisor's child, as the forge is.
    self.result = cloneTask(kTaskFlags | CLONE_PARENT, *self.request);
    self.answered.store(1, std::memory_order_release);
    wakeOne(self.answered);
  }
}

bool makeSocket() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
  socketOfProcess = ends[0];
  theirEnd = ends[1];
  return true;
}

// Frees the forges that have ended.
void reapLeft() {
  for (Forge** at = &left; *at != nullptr;) {
    Forge* one = *at;
    if (one->id != 0 && one->alive.load(std::memory_order_acquire) == 0 && reapTask(one->id)) one->id = 0;
    if (one->id != 0 || !one->sweep.reap()) {
      at = &one->next;
      continue;
    }
    *at = one->next;
    unmapStack(one->stack);
    delete one;
  }
}

void leave(Forge* forge) {
  current.store(nullptr, std::memory_order_relaxed);
  forge->next = left;
  left = forge;
}

}  // namespace

void startForge() {
  reapLeft();
  Forge* forge = current.load(std::memory_order_relaxed);
  if (forge != nullptr) {
    forge->sweep.reap();
    if (forge->alive.load(std::memory_order_acquire) != 0) return;
    if (forge->refused.load(std::memory_order_relaxed)) {
      if (forge->id != 0 && reapTask(forge->id)) forge->id = 0;
      return;
    }
    leave(forge);
  }
  if (socketOfProcess < 0 && !makeSocket()) return;
  auto* made = new Forge;
  made->stack = mapStack();
  made->since = nowNs();
  made->alive.store(1, std::memory_order_seq_cst);
  const long id = made->stack == nullptr
                      ? -ENOMEM
                      : po_clone(kTaskFlags | CLONE_FILES, topOf(made->stack),
                                 reinterpret_cast<uint32_t*>(&made->alive), forgeMain, made);
  if (id < 0) {
    if (made->stack != nullptr) unmapStack(made->stack);
    delete made;
    return;
  }
  made->id = static_cast<uint32_t>(id);
  current.store(made, std::memory_order_release);
}

OwnTables forgeState() {
  startForge();
  const Forge* forge = current.load(std::memory_order_relaxed);
  if (forge == nullptr || forge->refused.load(std::memory_order_relaxed)) return OwnTables::none;
  if (forge->ready.load(std::memory_order_acquire)) return OwnTables::ready;
  return nowNs() - forge->since < kPatience ? OwnTables::coming : OwnTables::none;
}

long startByForge(const TaskStart& start) {
  Forge* forge = current.load(std::memory_order_relaxed);
  if (forge == nullptr || !forge->ready.load(std::memory_order_acquire)) return -EAGAIN;
  forge->request = &start;
  start.alive->store(1, std::memory_order_seq_cst);
  forge->answered.store(0, std::memory_order_relaxed);
  forge->asked.store(1, std::memory_order_release);
  wakeOne(forge->asked);
  // Waits however long that takes on a busy machine: the forge reads `start`.
  while (forge->answered.load(std::memory_order_acquire) == 0) {
    if (forge->alive.load(std::memory_order_acquire) == 0) {
      // Somebody else has killed the forge, before or after it made the task.
      if (const uint32_t id = start.alive->load(std::memory_order_seq_cst); id > 1) return id;
      start.alive->store(0, std::memory_order_seq_cst);
      return -EAGAIN;
    }
    waitWhile(forge->answered, 0, kMillisecond);
  }
  return forge->result;
}

void endForge(Remaining* remaining) {
  if (Forge* forge = current.load(std::memory_order_relaxed)) leave(forge);
  reapLeft();
  for (Forge* one = left; one != nullptr; one = one->next) {
    one->sweep.kill(remaining);
    if (one->id == 0) continue;
    if (killTask(one->id)) {
      remaining->addKilled(one->id);
      continue;
    }
    remaining->kept++;
    one->dismissed.store(true, std::memory_order_release);
    one->asked.store(1, std::memory_order_release);
    wakeOne(one->asked);
  }
}

void killForge() {
  const Forge* forge = current.load(std::memory_order_acquire);
  if (forge != nullptr) plain(SYS_tgkill, forge->id, forge->id, SIGKILL);
}

}  // namespace pendingop::sys
