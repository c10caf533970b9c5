// The place of the control socket: a folder that only its user can write to or enter.
#pragma once

#include <string>

namespace pendingop::control {

// Returns the first of these that is a folder of the user's own and closed to others:
// $XDG_RUNTIME_DIR/pendingop, /run/user/UID/pendingop, /tmp/pendingop-UID. A missing one is made with mode
// 0700. Empty: there is none.
std::string findFolder();
// Removes the sockets of processes that are gone, of all pid namespaces. Waits for no process.
void removeStale(const std::string& folder);
// Returns the path of this process's socket. Its name is the process's alone among all that share the folder,
// those of other pid namespaces included. lib/cli/control/place.ts finds it.
std::string socketPath(const std::string& folder);
// Returns 1 if a process listens at the path, stopped ones included, else 0; or -errno. Does not wait for it.
int listenersAt(const std::string& path);

}  // namespace pendingop::control
