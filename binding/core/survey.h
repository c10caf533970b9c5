// The ops in flight of all environments, seen from outside: by any thread of libc's, at any moment, also
// while an event loop is blocked. No worker is stopped for it. The fields of an op are copied while they may
// change; if the state word then shows that the op was over meanwhile, the copy is dropped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/op.h"

namespace pendingop {

struct Sight {
  Op* op;
  uint64_t generation;
  uint32_t number;  // of the op's memory: with the generation, the op's name
  State state;
  Code code;
  int function;
  Call call;
  uint32_t thread;
  sys::Descriptor fd;
  double queuedMs;
  double runningMs;
  std::string path;  // absolute; of a descriptor, where it leads; empty: none
  std::string dest;
  std::string mount;
};

// In no order. `under`: only ops at this absolute path or below it; empty: all.
std::vector<Sight> survey(const std::string& under = {});

// The op of that number and generation, if it is in flight; null otherwise.
Op* opNamed(uint32_t number, uint64_t generation);

// How many ops of the process are in which state, and how old the oldest queued one is.
struct Census {
  size_t queued = 0;
  size_t running = 0;
  size_t interrupting = 0;
  size_t abandoned = 0;
  size_t stuck = 0;  // in the kernel for a second or longer, or abandoned
  double oldestQueuedMs = 0;
};
Census census();

}  // namespace pendingop
