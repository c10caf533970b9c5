// Where a process puts its control socket: a folder that nobody but its user can write to or enter.
#pragma once

#include <string>

namespace pendingop::control {

// $XDG_RUNTIME_DIR/pendingop, or /run/user/UID/pendingop, or /tmp/pendingop-UID, made with mode 0700 if it is
// not there; the first that is a folder of the user's own and shut to others. Empty: there is none.
std::string findFolder();
// Removes the sockets of processes that are gone: nobody listens on them.
void removeStale(const std::string& folder);
std::string socketPath(const std::string& folder);

}  // namespace pendingop::control
