// Opens a name below a directory, one name after the other, so that no link on the way is followed: for
// systems that cannot do so in one call. Runs on tasks: it uses nothing of libc that keeps state.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "sys/place.h"

namespace pendingop::sys {

// `openName(directory, name, flags)` opens one name, and `close(fd)` closes a directory on the way. That
// descriptor only names the directory, so its close waits for nothing.
template <typename OpenName, typename Close>
long openStepwise(const Place& place, int flags, OpenName openName, Close close) {
  int from = place.directory;
  const char* name = place.name;
  for (;;) {
    const char* end = name;
    while (*end != 0 && *end != '/') end++;
    char one[NAME_MAX + 1];
    const auto length = static_cast<size_t>(end - name);
    long r = -ENAMETOOLONG;
    if (length <= NAME_MAX) {
      __builtin_memcpy(one, name, length);
      one[length] = 0;
      r = openName(from, one, *end == 0 ? flags : kForPlaces | O_NOFOLLOW | O_CLOEXEC);
    }
    if (from != place.directory) close(from);
    if (r < 0 || *end == 0) return r;
    from = static_cast<int>(r);
    name = end + 1;
  }
}

}  // namespace pendingop::sys
