// One system call of an op: interruptible by the stub of syscall_*.S and, on a task, killable (sys/runner.h).
#pragma once

#include <cstdint>

#include "base/codes.h"
#include "sys/effect.h"
#include "sys/linux/plain.h"
#include "sys/runner.h"

namespace pendingop::sys {

constexpr long kNeverEntered = -1024;  // the stub's cancel label returns it; no errno has that number
constexpr long kNone = 0;              // an argument that is not used

// Makes a call on a task that may be killed in it. With `held` it is not killed for the sake of its op.
enum class Kill : uint8_t { always, held };
long killableCall(Runner& self, const void* state, Kill kill, long nr, const long a[6]);

// The task of the op was killed in a call with this effect.
void noteKill(Calling& op, Effect effect);

// Opens in the process's own table, where a kill could lose the new descriptor.
inline bool opensInShared(const Runner& self, Call name) { return name == Call::openat && !self.hasOwnTable; }

// Whether a call may be made again if somebody else has killed the task: made by another task, it does what
// it would have done. Not so for calls that move the position in the file: it may have moved already.
inline bool isRepeatable(Call name, Effect effect) {
  if (name == Call::flock || name == Call::fcntl) return true;
  return effect == kReads && name != Call::read && name != Call::getdents;
}

// Makes the call for the op. Returns what sys.h says of all its functions.
template <typename... A>
long call(Calling& op, Call name, Effect effect, long nr, A... args) {
  const long a[6] = {word(args)...};
  noteCall(op, name);
  op.changing.store(effect != kReads, std::memory_order_relaxed);
  Runner* const self = op.runner.load(std::memory_order_relaxed);
  const bool isTask = self != nullptr && self->isTask;
  const Kill kill = isTask && opensInShared(*self, name) ? Kill::held : Kill::always;
  for (;;) {
    long r = isTask ? killableCall(*self, op.state.word(), kill, nr, a)
                    : po_syscall(op.state.word(), nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (r == kNeverEntered) {
      op.changing.store(false, std::memory_order_relaxed);
      return -EINTR;
    }
    if (r == kKilled) {
      if (isRepeatable(name, effect) && !op.wantsStop()) continue;
      noteKill(op, effect);
      return -EINTR;
    }
    r = withoutRestartCodes(op, r);
    noteResult(op, effect, r);
    if (r != -EINTR || op.wantsStop()) return r;
  }
}

}  // namespace pendingop::sys
