// A reference that is counted: what it refers to goes with the last one. (std::shared_ptr asks for a newer
// glibc than Node does.)
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace pendingop {

// For a T with a member `mutable std::atomic<uint32_t> references{0}`.
template <typename T>
class Shared {
 public:
  Shared() = default;
  explicit Shared(T* to) : to_(to) { use(); }
  Shared(const Shared& other) : to_(other.to_) { use(); }
  Shared(Shared&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(to_, other.to_);
    return *this;
  }
  ~Shared() {
    if (to_ != nullptr && to_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete to_;
  }

  T* operator->() const { return to_; }
  T& operator*() const { return *to_; }
  explicit operator bool() const { return to_ != nullptr; }

 private:
  void use() {
    if (to_ != nullptr) to_->references.fetch_add(1, std::memory_order_relaxed);
  }
  T* to_ = nullptr;
};

}  // namespace pendingop
