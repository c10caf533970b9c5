// What is known of the types of file systems, from their sources: which of them may wait, and when.
// docs/cached-calls.md names the sources. (sys/remote.h: which of them have a server or a daemon.)
#pragma once

#include <string_view>

namespace pendingop {

// Opening, stat and reading what is in memory wait for nothing.
bool isLocal(std::string_view type);
// One of the kernel's own file systems: their status is in memory, but reading may do anything. Most systems
// have most of them mounted.
bool isKernels(std::string_view type);
// It tells the mount of a file without asking its server or daemon, or its disk. (CIFS may ask, for the root
// of a mount; 9p asks.)
bool tellsMount(std::string_view type);

}  // namespace pendingop
