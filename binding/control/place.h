// The place of the control socket: a folder that only its user can write to or enter.
#pragma once

#include <string>

namespace pendingop::control {

// Returns the first of these that is a folder of the user's own and closed to others:
// $XDG_RUNTIME_DIR/pendingop, /run/user/UID/pendingop, /tmp/pendingop-UID. A missing one is made with mode
// 0700. Empty: there is none.
std::string findFolder();
// Removes the sockets of processes that are gone.
void removeStale(const std::string& folder);
std::string socketPath(const std::string& folder);

}  // namespace pendingop::control
