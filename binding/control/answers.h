// The requests over the control socket, and their answers: docs/control.md has the protocol. Called by the
// server's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "control/aborting.h"
#include "control/interrupting.h"

namespace pendingop::control {

// What a connection waits for before it gets its answer.
struct Waiting {
  Interrupting interrupting;
  std::unique_ptr<Aborting> aborting;

  bool isEmpty() const { return interrupting.isEmpty() && aborting == nullptr; }
};

// Returns the answer with its line break; empty: it follows when `waiting` is over.
std::string answer(std::string_view request, uint32_t uid, Waiting* waiting);
// Returns the answer that was waited for; empty: it is not over.
std::string answerOf(Waiting& waiting, int64_t now);

}  // namespace pendingop::control
