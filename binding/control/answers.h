// What the control socket is asked, and what it answers: docs/control.md has the protocol. The server's
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "control/aborting.h"
#include "control/interrupting.h"

namespace pendingop::control {

// What a connection waits for before it has its answer.
struct Waiting {
  Interrupting interrupting;
  std::unique_ptr<Aborting> aborting;

  bool isEmpty() const { return interrupting.isEmpty() && aborting == nullptr; }
};

// An answer, with its line break; empty: it follows when `waiting` is over.
std::string answer(std::string_view request, uint32_t uid, Waiting* waiting);
// The answer that was waited for; empty: it is not over.
std::string answerOf(Waiting& waiting, int64_t now);

}  // namespace pendingop::control
