// Which file a call means: the one at a path, from the root or from the working directory; or the one that
// the names at the path's end lead to from a directory that the caller holds open. The second kind stays in
// that directory whatever becomes of the names above it.
#pragma once

#include <fcntl.h>

#include <cstdint>

namespace pendingop::sys {

struct Place {
  // NOLINTNEXTLINE(google-explicit-constructor): a path alone is a place.
  Place(const char* whole) : path(whole), name(whole) {}
  Place(const char* whole, const char* end, int from, bool follow)
      : path(whole), name(end), directory(from), follows(follow) {}

  int base() const { return directory < 0 ? AT_FDCWD : directory; }

  const char* path;    // all of it
  const char* name;    // what the kernel is told: `path`, or its end, below `directory`
  int directory = -1;  // -1: none
  // Whether a symbolic link under the last name is followed by a call that would follow it. Where it is not,
  // none above it and below `directory` is.
  bool follows = true;
};

// Which file it is, whatever its names are.
struct Identity {
  uint32_t major, minor;
  uint64_t inode;
  bool operator==(const Identity&) const = default;
};

// How a directory is opened that is only to be a Place's: not for its list, which its mode may forbid to
// read.
#if defined(O_PATH)
constexpr int kForPlaces = O_PATH | O_DIRECTORY;
#elif defined(O_SEARCH)
constexpr int kForPlaces = O_SEARCH | O_DIRECTORY;
#else
constexpr int kForPlaces = O_RDONLY | O_DIRECTORY;
#endif

}  // namespace pendingop::sys
