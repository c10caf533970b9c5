// The files that workers have opened or read without sleeping: an environment's thread may do the same to
// them.
//
// One for each environment, on its own thread. Memory is bounded: a file takes the place of another one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/codes.h"

namespace pendingop {

class KnownFiles {
 public:
  static constexpr uint8_t kOpened = 1, kRead = 2;

  bool isEmpty() const { return entries_ == nullptr; }
  // Returns whether workers have done all of `did` to the file with this status. Any change of a file changes
  // its ctime, and a changed file is not known.
  bool has(const int64_t* fields, uint8_t did) const;
  void add(const int64_t* fields, uint8_t did);
  void clear() { entries_.reset(); }

 private:
  static constexpr size_t kMost = 4096;
  struct Entry {
    int64_t device, inode, changed, changedNs;
    uint8_t did;
  };

  Entry& entryOf(const int64_t* fields) const;

  std::unique_ptr<std::array<Entry, kMost>> entries_;
};

}  // namespace pendingop
