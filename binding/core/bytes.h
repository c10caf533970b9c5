// Memory of an op: what goes into the kernel and what comes out of it. Never the caller's own buffer, so that
// a call the kernel will not release can write here for as long as it likes.
//
// The environment's thread reserves (malloc) and frees; a worker that needs more room maps pages of its own,
// which takes no lock of libc's. Untouched pages of either cost nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "sys/memory.h"

namespace pendingop {

class Bytes {
 public:
  Bytes() = default;
  ~Bytes() { reset(); }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  uint8_t* data() { return mapped_ != nullptr ? mapped_ : reserved_; }
  const uint8_t* data() const { return mapped_ != nullptr ? mapped_ : reserved_; }
  size_t capacity() const { return mapped_ != nullptr ? mappedSize_ : reservedSize_; }

  // The environment's thread: room for `n` bytes, what was there is gone. False without memory.
  bool reserve(size_t n) {
    unmap();
    if (n <= reservedSize_) return true;
    free(reserved_);
    reserved_ = static_cast<uint8_t*>(malloc(n));
    reservedSize_ = reserved_ != nullptr ? n : 0;
    return reserved_ != nullptr;
  }

  // A worker: room for `n` bytes, what was there is kept. False without memory.
  bool grow(size_t n) {
    if (n <= capacity()) return true;
    void* bigger = sys::mapPages(n);
    if (bigger == nullptr) return false;
    if (size > 0) memcpy(bigger, data(), size);
    if (mapped_ != nullptr) sys::unmapPages(mapped_, mappedSize_);
    mapped_ = static_cast<uint8_t*>(bigger);
    mappedSize_ = n;
    return true;
  }

  // Whether it begins where a page does.
  bool onPages() const { return mapped_ != nullptr; }
  // A worker: room for `n` bytes that begins where a page does, what was there is kept. False without memory.
  bool moveToPages(size_t n) {
    if (onPages()) return grow(n);
    const size_t reservedSize = reservedSize_;
    reservedSize_ = 0;  // nothing fits there
    const bool moved = grow(n > size ? n : size);
    reservedSize_ = reservedSize;
    return moved;
  }

  // The pages, for somebody who will munmap them; nullptr where there are none.
  uint8_t* takeMapped(size_t* mappedSize) {
    uint8_t* pages = mapped_;
    *mappedSize = mappedSize_;
    mapped_ = nullptr;
    mappedSize_ = size = 0;
    return pages;
  }

  // What was in them is gone, and so is what lies in the reserved memory from before they were mapped.
  void unmap() {
    if (mapped_ != nullptr) sys::unmapPages(mapped_, mappedSize_);
    mapped_ = nullptr;
    mappedSize_ = size = 0;
  }

  void reset() {
    unmap();
    free(reserved_);
    reserved_ = nullptr;
    reservedSize_ = 0;
  }

  size_t size = 0;  // how much of it is filled

 private:
  uint8_t* reserved_ = nullptr;
  size_t reservedSize_ = 0;
  uint8_t* mapped_ = nullptr;
  size_t mappedSize_ = 0;
};

}  // namespace pendingop
