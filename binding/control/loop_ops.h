// Ops that an event loop carries out and no worker has any part of: commands, tasks, trackOp(). The loop's
// own thread reports here when one begins and ends. So others can list them while that loop is blocked, and
// leave a request to interrupt one, which the loop finds when it turns next.
//
// Any thread calls. Lock order: the mutex is a leaf, except for the queue of the thread-safe function that a
// listener puts its request into.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/op.h"
#include "core/shared.h"

namespace pendingop::control::loop_ops {

struct Texts {
  std::string fn;
  std::string path;  // absolute; empty: none
  std::string dest;
  std::string subject;  // what it is about, if it has no path: the line of a command
  std::string label;    // the label of its scope
};

struct LoopOp {
  uint32_t number;
  State state;
  double runningMs;
  std::string mount;
  Texts texts;
};

// The state of a request to interrupt one: nobody has read it, its loop has, or an Outcome.
constexpr int kUnread = -2;
constexpr int kRead = -1;
struct Answer {
  std::atomic<int> outcome{kUnread};
  mutable std::atomic<uint32_t> references{0};
};
using Told = Shared<Answer>;

// Called with the mutex held: passes the request on and returns.
using Listener = void (*)(void* context, uint32_t number, double graceMs, const Told& told);

void join(void* context, Listener listener);
// Removes the loop with all its ops.
void leave(void* context);

uint32_t begin(void* context, Texts texts);
void mark(uint32_t number, State state);
void end(uint32_t number);

// `under`: only ops at this absolute path or below it; empty: all ops.
std::vector<LoopOp> list(const std::string& under = {});
// Returns null if the op is over.
Told interrupt(uint32_t number, double graceMs);

}  // namespace pendingop::control::loop_ops
