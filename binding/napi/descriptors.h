// The descriptors that an environment has opened and not closed yet. When a thread ends, they are closed, as
// Node does with its handles. They are known by number, so whoever takes one over (the opener's own close, a
// close past this package) has to say so before the close: a moment later the number may be another file's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/lanes.h"
#include "core/op.h"

namespace pendingop {

class Descriptors {
 public:
  // Called when an op is submitted: a close takes its descriptor over.
  void submitted(const Op& op) {
    if (op.code == Code::close) forget(op.fd);
  }
  // Called when the outcome of an op reaches JavaScript. An open has made a descriptor. A close that was
  // cancelled has closed none; the close that JavaScript makes in its stead comes later.
  void completed(const Op& op, Outcome outcome) {
    if (outcome == Outcome::completed && (op.code == Code::open || op.code == Code::opendir)) {
      add(op.result);
      if (op.result >= 0) Lanes::instance().opened(sys::Descriptor(op.result), *op.pool);
    }
    if (outcome == Outcome::cancelled && op.code == Code::close) add(op.fd);
  }
  // Count the ops on a descriptor that workers have.
  void toWorker(sys::Descriptor fd) {
    if (fd < 0) return;
    const auto at = static_cast<size_t>(fd);
    if (at >= opsOn_.size()) opsOn_.resize(2 * at + 64);
    opsOn_[at]++;
  }
  void fromWorker(sys::Descriptor fd) { opsOn_[static_cast<size_t>(fd)]--; }
  bool isBusy(sys::Descriptor fd) const {
    return fd >= 0 && static_cast<size_t>(fd) < opsOn_.size() && opsOn_[static_cast<size_t>(fd)] > 0;
  }
  void forget(int64_t fd) {
    if (fd >= 0 && static_cast<size_t>(fd) < open_.size()) open_[static_cast<size_t>(fd)] = false;
  }
  bool has(double fd) const {
    if (!(fd >= 0 && fd < static_cast<double>(open_.size()))) return false;
    const auto at = static_cast<size_t>(fd);
    return static_cast<double>(at) == fd && open_[at];
  }
  template <typename F>
  void each(F use) const {
    for (size_t fd = 0; fd < open_.size(); fd++) {
      if (open_[fd]) use(sys::Descriptor(fd));
    }
  }

 private:
  void add(int64_t fd) {
    if (fd < 0) return;
    const auto at = static_cast<size_t>(fd);
    if (at >= open_.size()) open_.resize(2 * at + 64);
    open_[at] = true;
  }

  std::vector<bool> open_;
  std::vector<uint32_t> opsOn_;
};

}  // namespace pendingop
