// What the control socket is asked, and what it answers: docs/control.md has the protocol. The server's
// thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/op.h"

namespace pendingop::control {

constexpr int kProtocol = 1;

// An interrupt that was asked for over the socket, until the outcomes of all its ops are known.
struct Interrupting {
  struct One {
    std::string name;
    Op* op;
    uint64_t generation;
    // Where the op says how it ended; never freed, since it may do so late.
    std::atomic<uint8_t>* outcome;
  };
  std::vector<One> ops;
  int64_t until = 0;
};

// An answer, with its line break; empty: it follows when `interrupting` is over.
std::string answer(std::string_view request, uint32_t uid, Interrupting* interrupting);
// Empty: some outcome is not known yet.
std::string outcomesOf(Interrupting& interrupting, int64_t now);

}  // namespace pendingop::control
