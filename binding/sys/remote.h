// Whether calls on a file system of this type, as mountinfo names it, depend on a server or a daemon, which
// may never answer.
#pragma once

#include <string_view>

namespace pendingop {

bool isRemote(std::string_view type);

}  // namespace pendingop
