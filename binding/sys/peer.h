// Who is at the other end of a Unix socket.
#pragma once

#include <cstdint>

namespace pendingop::sys {

// The effective uid that the other end had when it connected. False: not known.
bool peerOf(int fd, uint32_t* uid);

}  // namespace pendingop::sys
