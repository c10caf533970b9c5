// The numbers of one entry that scan() lists, on every system.
#pragma once

#include <algorithm>

#include "core/numbers.h"

namespace pendingop::ops {

using Row = double[kStatFields];

// `result`: what the entry's stat() returned. If it failed, the mode is 0, which no file has, and the size is
// -errno.
inline void toRow(long result, const int64_t (&numbers)[kStatFields], Row& row) {
  if (result == 0) return toDoubles(numbers, row);
  std::fill(row, row + kStatFields, 0.0);
  row[kStatSize] = static_cast<double>(result);
}

}  // namespace pendingop::ops
