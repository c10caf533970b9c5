// Whether to look for something for some microseconds before one sleeps: known from what that brought lately.
#pragma once

#include <algorithm>
#include <cstdint>

namespace pendingop {

class Patience {
 public:
  // True: look, and say what came of it. Otherwise sleep at once.
  bool pays() {
    if (skip_ == 0) return true;
    skip_--;
    return false;
  }
  void found() { pause_ = kFirst; }
  void foundNothing() {
    skip_ = pause_;
    pause_ = std::min(2 * pause_, kMost);
  }

 private:
  // A look in vain takes 20 to 40 µs of a processor, as much as four calls of Node's own pool: one in 16
  // costs a quarter of such a call, one in 256 nothing that can be measured. docs/scheduling.md.
  static constexpr uint32_t kFirst = 16;
  static constexpr uint32_t kMost = 256;
  uint32_t skip_ = 0;
  uint32_t pause_ = kFirst;
};

}  // namespace pendingop
