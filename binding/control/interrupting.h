// An interrupt that was ordered over the socket, until the outcomes of all its ops are known. Used by the
// server's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "control/loop_ops.h"
#include "core/survey.h"

namespace pendingop::control {

// The names of ops and outcomes in the protocol.
std::string nameOf(const Sight& sight);
std::string nameOf(const loop_ops::LoopOp& op);
const char* nameOf(Outcome outcome);

class Interrupting {
 public:
  // Interrupts these ops. `graceMs`: the time that the kernel, or a loop, has to release them.
  void begin(const std::vector<Sight>& sights, const std::vector<loop_ops::LoopOp>& loopOps, double graceMs,
             uint32_t uid);
  bool isEmpty() const { return ops_.empty() && loopOps_.empty(); }
  bool isOver(int64_t now) const;
  // Returns the answer once it is over. After that it is empty.
  std::string outcomes();

 private:
  struct One {
    std::string name;
    // Where the op writes how it ended. Never freed, since the op may do that late.
    std::atomic<uint8_t>* outcome;
  };
  struct Word {
    std::string name;
    loop_ops::Told told;
  };
  std::vector<One> ops_;
  std::vector<Word> loopOps_;
  int64_t until_ = 0;
};

}  // namespace pendingop::control
