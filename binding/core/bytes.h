// Memory of an op: what goes into the kernel and what comes out of it. Never the caller's own buffer, so that
// a call the kernel will not release can write here for as long as it likes.
//
// The environment's thread reserves (malloc) and frees; a worker that needs more room takes pages, which
// takes no lock of libc's. Untouched pages of either cost nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/pages.h"

namespace pendingop {

class Bytes {
 public:
  Bytes() = default;
  ~Bytes() { reset(); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  uint8_t* data() { return pages_.data != nullptr ? static_cast<uint8_t*>(pages_.data) : reserved_; }
  const uint8_t* data() const { return const_cast<Bytes*>(this)->data(); }
  size_t capacity() const { return pages_.data != nullptr ? pages_.size : reservedSize_; }

  // The environment's thread: room for `n` bytes, what was there is gone. False without memory.
  bool reserve(size_t n) {
    dropPages();
    if (n <= reservedSize_) return true;
    free(reserved_);
    reserved_ = static_cast<uint8_t*>(malloc(n));
    reservedSize_ = reserved_ != nullptr ? n : 0;
    return reserved_ != nullptr;
  }

  // A worker: room for `n` bytes, what was there is kept. False without memory.
  bool grow(size_t n) {
    if (n <= capacity()) return true;
    const Pages more = takePages(n);
    if (more.data == nullptr) return false;
    if (size > 0) memcpy(more.data, data(), size);
    const Pages before = pages_;
    // A task may be killed between the two. Pages for more than their size says are lost; never the other way
    // round.
    pages_.data = more.data;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    pages_.size = more.size;
    if (before.data != nullptr) givePages(before);
    return true;
  }

  // Whether it begins where a page does.
  bool onPages() const { return pages_.data != nullptr; }
  // A worker: room for `n` bytes that begins where a page does, what was there is kept. False without memory.
  bool moveToPages(size_t n) {
    if (onPages()) return grow(n);
    const size_t reservedSize = reservedSize_;
    reservedSize_ = 0;  // nothing fits there
    const bool moved = grow(n > size ? n : size);
    reservedSize_ = reservedSize;
    return moved;
  }

  // The pages, for somebody who will give them back; without data where there are none.
  Pages takeAll() {
    const Pages pages = pages_;
    pages_ = {};
    size = 0;
    return pages;
  }

  // What was in them is gone, and so is what lies in the reserved memory from before there were pages.
  void dropPages() {
    if (const Pages pages = takeAll(); pages.data != nullptr) givePages(pages);
  }

  void reset() {
    dropPages();
    free(reserved_);
    reserved_ = nullptr;
    reservedSize_ = 0;
  }

  size_t size = 0;  // how much of it is filled

 private:
  uint8_t* reserved_ = nullptr;
  size_t reservedSize_ = 0;
  Pages pages_;
};

}  // namespace pendingop
