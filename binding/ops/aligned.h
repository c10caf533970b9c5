// Memory for descriptors opened with O_DIRECT. The kernel transfers to and from them only at addresses where
// a sector may begin.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/errors.h"
#include "core/bytes.h"

namespace pendingop::ops {

// The smallest sector of any device. No O_DIRECT descriptor takes a size that is no multiple of it.
constexpr size_t kSector = 512;

// Returns whether a transfer of `size` bytes may have been refused for the address of its memory. The
// caller's own memory may have been aligned, so such a transfer is repeated with whole pages.
inline bool mayBeUnaligned(long result, size_t size) {
  return result == -EINVAL && size > 0 && size % kSector == 0;
}

// Returns the result of transfer(memory.data()), which moves `size` bytes. Repeats it with whole pages if
// refused.
template <typename Transfer>
long aligning(Bytes& memory, size_t size, Transfer transfer) {
  const long r = transfer(memory.data());
  if (!mayBeUnaligned(r, size) || memory.onPages() || !memory.moveToPages(size)) return r;
  return transfer(memory.data());
}

}  // namespace pendingop::ops
