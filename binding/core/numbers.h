// The numbers of a stat as JavaScript has them.
#pragma once

#include <cstdint>

#include "base/codes.h"

namespace pendingop {

// The last eight fields are times, which are signed. All others are unsigned: inode numbers of 2^63 and more
// do occur. (For bigints, Node itself makes signed ones.)
inline void toDoubles(const int64_t (&from)[kStatFields], double (&to)[kStatFields]) {
  constexpr int kTimes = 10;
  for (int i = 0; i < kStatFields; i++)
    to[i] = i < kTimes ? static_cast<double>(static_cast<uint64_t>(from[i])) : static_cast<double>(from[i]);
}

}  // namespace pendingop
