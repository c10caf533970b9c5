// The owner of a path.
#pragma once

#include <cstdint>

namespace pendingop::sys {

struct Owner {
  uint32_t uid;
  uint32_t mode;  // with the bits of the file's type, as in stat(2)
};

// Does not follow a symbolic link. Returns false if the owner is not known.
bool ownerOf(const char* path, Owner* owner);

}  // namespace pendingop::sys
