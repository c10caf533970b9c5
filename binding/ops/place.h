// Runs functions at the places that an op's paths lead to. core/base.h says where that is, sys/place.h what
// becomes of links.
#pragma once

#include <cstring>

#include "base/errors.h"
#include "core/op.h"
#include "ops/ops.h"
#include "sys/sys.h"

namespace pendingop::ops {

// Such a path is refused as the kernel would refuse it if it walked the whole path.
inline bool isTooLong(const char* path, const Base& base) {
  return base.names > 0 && strlen(path) >= sys::kLongestPath;
}

// Returns what `use` returns for a place of one name. If there are several names, the directories above the
// last one are walked first.
template <typename F>
int64_t inPlace(Op& op, const char* path, const Base& base, F use) {
  if (isTooLong(path, base)) return -ENAMETOOLONG;
  if (base.names <= 1) return use(placeOf(path, base));
  const char* name = lastNames(path, 1);
  char above[sys::kLongestPath];
  const auto length = static_cast<size_t>(name - path) - 1;
  memcpy(above, path, length);
  above[length] = 0;
  const sys::Place directory(above, lastNames(above, base.names - 1), base.directory, base.follows);
  const long fd = sys::open(op, directory, sys::kForPlaces, 0);
  if (fd < 0) return fd;
  return closeAfter(op, sys::Descriptor(fd), use({path, name, sys::Descriptor(fd), base.follows}));
}
template <typename F>
int64_t inPlace(Op& op, F use) {
  return inPlace(op, op.path, op.base, use);
}

// Opens the file at op.path or op.dest as sys::open() does.
inline int64_t openAt(Op& op, const char* path, const Base& base, int flags, unsigned mode) {
  return isTooLong(path, base) ? -ENAMETOOLONG : sys::open(op, placeOf(path, base), flags, mode);
}

}  // namespace pendingop::ops
