// Whose a path is.
#pragma once

#include <cstdint>

namespace pendingop::sys {

struct Owner {
  uint32_t uid;
  uint32_t mode;  // with the bits of its type, as stat(2) has them
};

// Of the path itself: a symbolic link is not followed. False: it is not known.
bool ownerOf(const char* path, Owner* owner);

}  // namespace pendingop::sys
