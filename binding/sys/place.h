// The file that a call means: the one at a path, from the root or from the working directory; or the one that
// the last names of a path lead to from a directory that the caller holds open. A place of the second kind
// stays in that directory, whatever becomes of the names above it.
#pragma once

#include <cstdint>

#include "sys/descriptor.h"
#include "sys/files.h"

namespace pendingop::sys {

struct Place {
  // NOLINTNEXTLINE(google-explicit-constructor): a path alone is a place.
  Place(const char* whole) : path(whole), name(whole) {}
  Place(const char* whole, const char* end, Descriptor from, bool follow)
      : path(whole), name(end), directory(from), follows(follow) {}

  int base() const { return directory < 0 ? AT_FDCWD : directory; }

  const char* path;  // the whole path
  const char* name;  // what the kernel gets: `path`, or its end, below `directory`
  Descriptor directory = kNoDescriptor;
  // Whether a call that follows symbolic links follows one under the last name. If false, no component below
  // `directory` may be a symbolic link.
  bool follows = true;
};

// The identity of a file, whatever its names are.
struct Identity {
  uint32_t major, minor;
  uint64_t inode;
  bool operator==(const Identity&) const = default;
};

// The flags for opening a directory that only serves as the directory of a Place. Its mode may forbid to list
// it.
#if defined(O_PATH)
constexpr int kForPlaces = O_PATH | O_DIRECTORY;
#elif defined(O_SEARCH)
constexpr int kForPlaces = O_SEARCH | O_DIRECTORY;
#else
constexpr int kForPlaces = O_RDONLY | O_DIRECTORY;
#endif

}  // namespace pendingop::sys
