// The state machine of an op, and the only place that changes it.
//
//   queued ──► running ──► done                    a worker took it; it came back by itself
//     │           ├──► interrupting ──► done       interrupted, and the kernel returned in time
//     │           │         └──► abandoned ──► released     the grace ran out; the kernel released it later
//     │           └──► abandoned ──► released      its environment ended
//     └──► done                                    cancelled before a worker took it
//
// The word carries the op's generation above the state. If an interrupt comes after the op is over, and the
// memory serves another op already, the generation differs and the interrupt changes nothing. The state is
// the lowest byte: the system call stub checks that byte.
#pragma once

#include <atomic>
#include <cstdint>

namespace pendingop {

enum class State : uint8_t {
  Free = 0,
  Queued = 1,
  Running = 2,
  Interrupting = 3,
  Abandoned = 4,
  Done = 5,
  Released = 6
};

// The name of the state of an op in flight.
inline const char* nameOf(State state) {
  switch (state) {
    case State::Queued:
      return "queued";
    case State::Interrupting:
      return "interrupting";
    case State::Abandoned:
      return "abandoned";
    default:
      return "running";
  }
}

class StateWord {
 public:
  State state() const { return static_cast<State>(word_.load(std::memory_order_acquire) & 0xff); }
  uint64_t generation() const { return word_.load(std::memory_order_acquire) >> 8; }

  // Begins a new generation for each op that uses this memory. The caller owns the op alone.
  void begin() {
    word_.store(((generation() + 1) << 8) | static_cast<uint64_t>(State::Queued), std::memory_order_release);
  }
  void free() {
    word_.store((generation() << 8) | static_cast<uint64_t>(State::Free), std::memory_order_release);
  }

  // Returns true to the one caller that makes the move, and false to all others.
  bool move(State from, State to) { return move(generation(), from, to); }
  bool move(uint64_t generation, State from, State to) {
    uint64_t expected = (generation << 8) | static_cast<uint64_t>(from);
    const uint64_t wanted = (generation << 8) | static_cast<uint64_t>(to);
    return word_.compare_exchange_strong(expected, wanted, std::memory_order_seq_cst);
  }

  // Any state but `running` makes the worker leave the kernel and unwind.
  bool stopRequested() const { return state() != State::Running; }

  const std::atomic<uint64_t>* word() const { return &word_; }

 private:
  std::atomic<uint64_t> word_{0};
};

}  // namespace pendingop
