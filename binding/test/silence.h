// Interrupts without their signal.
#pragma once

#include <signal.h>

#include "core/runtime.h"

namespace pendingop::test {

// While it exists, no signal is sent.
class Silence {
 public:
  Silence() { sigaction(Runtime::instance().signal(), &ignore_, &before_); }
  ~Silence() { sigaction(Runtime::instance().signal(), &before_, nullptr); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  static void nothing(int) {}
  struct sigaction ignore_ = [] {
    struct sigaction action = {};
    action.sa_handler = nothing;
    return action;
  }();
  struct sigaction before_ = {};
};

}  // namespace pendingop::test
