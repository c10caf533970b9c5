// A runner: the thread or task that makes a system call for an op, with what is needed to kill a task in the
// call.
//
// How a task is killed. It is killed only while it is in a system call, which `gate` says, so it never holds
// a lock then. Before the call it has saved all that it goes on with (SavedCall). Once the kernel
// has released the task and it was reaped, another task takes over the stack, and the call returns there
// with kKilled: the op goes on from that point as it would after any failed call, closes what it holds, and
// tells its caller. A call that had returned before the task died returns what it had returned.
#pragma once

#include <atomic>
#include <cstdint>

#include "sys/open_files.h"
#include "sys/place.h"

namespace pendingop {

// A system call returns this if its task was killed in it; no errno has that number.
constexpr long kKilled = -1025;

// The call that a task can be killed in: where the task is, and what it needs to go on after the call. The
// assembly files (sys/linux/syscall_*.S) rely on this layout.
struct SavedCall {
  std::atomic<uint64_t> gate{0};  // see Gate
  uint64_t entering = 0;          // the gate's next value, once the rest is saved
  uintptr_t registers[21] = {};
};

// The values of SavedCall::gate: the number of the call, and where the worker is. To kill it, the supervisor
// moves the gate from `inside` to `doomed`, which fails if the call is over or is another one. `held`: the
// worker is inside a call in which it is not killed for the sake of its op, because a descriptor could be
// lost.
class Gate {
 public:
  static constexpr uint64_t kOutside = 0, kInside = 1, kDoomed = 2, kHeld = 3;
  static uint64_t phase(uint64_t gate) { return gate & 3; }
  static uint64_t inside(uint64_t gate) { return (gate & ~uint64_t{3}) | kInside; }
  static uint64_t outside(uint64_t gate) { return gate & ~uint64_t{3}; }
  static uint64_t doomed(uint64_t gate) { return (gate & ~uint64_t{3}) | kDoomed; }
  static uint64_t next(uint64_t gate) { return inside(gate + 4); }
  static uint64_t nextHeld(uint64_t gate) { return (gate + 4) | kHeld; }
  static bool isKillable(uint64_t gate) { return phase(gate) == kInside || phase(gate) == kHeld; }
};

struct Calling;

// The base of a worker (core/worker.h).
struct Runner {
  // Set before the runner runs, by the thread that starts it.
  bool isTask = false;
  const bool hasOwnTable;  // a descriptor table: the task opens files for others

  // Used by tasks only.
  SavedCall saved;
  long returned = 0;     // what its last system call returned
  bool resumed = false;  // another task has taken over its stack
  OpenFiles files;

 protected:
  explicit Runner(bool ownTable) : hasOwnTable(ownTable) {}
  ~Runner() = default;
};

namespace sys {

// The owner of the tasks of the process: calls that tasks make ask it for what only the owner knows. It is
// set before the first task starts.
class TaskOwner {
 public:
  // A call that opens a file, in whichever task makes it. `directory`: identifies the directory of the place,
  // whose descriptor means nothing in another table.
  using Open = long (*)(Calling& op, const Place& place, const Identity& directory, int flags, unsigned mode);

  // Returns whether another task has to open files for this one: on its file systems an open may have to be
  // killed.
  virtual bool opensApart(const Runner& runner) const = 0;
  // Runs `how` in a task with a table of its own. Returns the descriptor, -errno, kKilled or kNobody.
  static constexpr long kNobody = -1026;
  virtual long open(Calling& op, Open how, const Place& place, const Identity& directory, int flags,
                    unsigned mode) = 0;
  // On a task that has taken over a stack: the stack that it came from is free.
  virtual void onStackLeft(Runner& runner) = 0;

 protected:
  ~TaskOwner() = default;
};
inline TaskOwner* taskOwner = nullptr;

}  // namespace sys
}  // namespace pendingop
