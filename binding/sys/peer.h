// The other end of a Unix socket.
#pragma once

#include <cstdint>

namespace pendingop::sys {

// Returns the effective user id that the other end had when it connected. Returns false if it is not known.
bool peerOf(int fd, uint32_t* uid);

}  // namespace pendingop::sys
