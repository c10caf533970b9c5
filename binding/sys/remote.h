// Returns whether calls on a file system of this type (mountinfo's name) depend on a server or a daemon,
// which may never answer.
#pragma once

#include <string_view>

namespace pendingop {

bool isRemote(std::string_view type);

}  // namespace pendingop
