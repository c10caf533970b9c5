// The descriptors that a task holds for its op. If somebody else kills it between two system calls, nobody
// goes on with its stack (sys/runner.h), and whoever cleans up closes these.
//
// The task notes a descriptor before the call that opens or closes it. That call is known by its number, so
// the gate tells whether it has returned. Only a task that dies in that call, or some instructions around it,
// leaves the descriptor open.
#pragma once

#include <atomic>
#include <cstdint>

#include "sys/descriptor.h"

namespace pendingop {

class OpenFiles {
 public:
  static constexpr int kMost = 4;  // a copy has two files open, and the directory of each

  // The task. The calls from here to opened() return the descriptor, or an error.
  void opening(uint64_t gate) { note(opening_, next(gate)); }
  void opened(long result) {
    if (result >= 0) add(sys::Descriptor(result));
    note(opening_, uint64_t{0});
  }
  // The next call closes it.
  void closing(sys::Descriptor fd, uint64_t gate) {
    add(fd);
    for (File& file : files_) {
      if (file.fd == fd) note(file.closing, next(gate));
    }
  }
  void closed(sys::Descriptor fd) {
    for (File& file : files_) {
      if (file.fd == fd) note(file.fd, sys::kNoDescriptor);
    }
  }
  void clear() {
    for (File& file : files_) note(file.fd, sys::kNoDescriptor);
  }
  // With more than it can note, it may leave one open.
  void add(sys::Descriptor fd) {
    File* free = nullptr;
    for (File& file : files_) {
      if (file.fd == fd) return;
      if (file.fd < 0) free = &file;
    }
    if (free == nullptr) return;
    note(free->closing, uint64_t{0});
    note(free->fd, fd);
  }

  // Whoever cleans up. `gate`: of the task; `returned`: what its last call returned. Leaves what is still
  // open.
  void settle(uint64_t gate, long returned) {
    if (opening_ != 0 && next(gate) > opening_) opened(returned);
    for (File& file : files_) {
      if (file.closing != 0 && next(gate) > file.closing) file.fd = sys::kNoDescriptor;
    }
  }
  template <typename F>
  void each(F use) const {
    for (const File& file : files_) {
      if (file.fd >= 0) use(file.fd);
    }
  }

 private:
  struct File {
    sys::Descriptor fd = sys::kNoDescriptor;
    uint64_t closing = 0;  // the number of the call that closes it
  };

  static uint64_t next(uint64_t gate) { return (gate >> 2) + 1; }
  // A task may be killed between any two of these.
  template <typename T>
  static void note(T& to, T value) {
    std::atomic_signal_fence(std::memory_order_seq_cst);
    to = value;
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }

  File files_[kMost];
  uint64_t opening_ = 0;  // the number of the first call that may open
};

}  // namespace pendingop
