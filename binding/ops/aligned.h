// Memory for descriptors opened with O_DIRECT, which take only what begins where a sector may begin.
#pragma once

#include <errno.h>

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"

namespace pendingop::ops {

// The least that any device calls a sector: no O_DIRECT descriptor takes a size that is no multiple of it.
constexpr size_t kSector = 512;

// Whether a transfer of `size` bytes was refused, perhaps, for where its memory begins. The caller's own
// memory may well have been aligned: the transfer is to be made again, then, through pages.
inline bool mayBeUnaligned(long result, size_t size) {
  return result == -EINVAL && size > 0 && size % kSector == 0;
}

// transfer(memory.data()), which moves `size` bytes.
template <typename Transfer>
long aligning(Bytes& memory, size_t size, Transfer transfer) {
  const long r = transfer(memory.data());
  if (!mayBeUnaligned(r, size) || memory.onPages() || !memory.moveToPages(size)) return r;
  return transfer(memory.data());
}

}  // namespace pendingop::ops
