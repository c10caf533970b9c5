// This process itself.
#pragma once

namespace pendingop::sys {

// The number of the process. A child of fork() has another one.
int processId();
// Closes a descriptor of the package's own, of which no op knows.
void closeDescriptor(int fd);

}  // namespace pendingop::sys
