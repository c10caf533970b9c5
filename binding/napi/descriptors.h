// The descriptors that an environment has opened and not closed yet: those of a thread that ends are closed,
// as Node does with its handles. By number, so whoever takes one over (the opener's own close, a close past
// the pool) has to say so before it does: the number may be somebody else's a moment later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/lanes.h"
#include "core/op.h"

namespace pendingop {

class Descriptors {
 public:
  // An op is submitted: a close takes its descriptor over.
  void submitted(const Op& op) {
    if (op.code == Code::close) forget(op.fd);
  }
  // What became of an op reaches JavaScript. An open has made a descriptor; a close that was taken out of the
  // queue has closed none, and the close that JavaScript makes in its stead comes later.
  void completed(const Op& op, Outcome outcome) {
    if (outcome == Outcome::completed && (op.code == Code::open || op.code == Code::opendir)) {
      add(op.result);
      if (op.result >= 0) Lanes::instance().opened(static_cast<int>(op.result), *op.pool);
    }
    if (outcome == Outcome::cancelled && op.code == Code::close) add(op.fd);
  }
  // Workers have an op on the descriptor, and until when.
  void toWorker(int fd) {
    if (fd < 0) return;
    const auto at = static_cast<size_t>(fd);
    if (at >= opsOn_.size()) opsOn_.resize(2 * at + 64);
    opsOn_[at]++;
  }
  void fromWorker(int fd) { opsOn_[static_cast<size_t>(fd)]--; }
  bool isBusy(int fd) const {
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
      if (open_[fd]) use(static_cast<int>(fd));
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
