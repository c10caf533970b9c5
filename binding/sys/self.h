// This process itself.
#pragma once

#include "sys/descriptor.h"

namespace pendingop::sys {

// The number of the process. A child of fork() has another one.
int processId();
// Closes a descriptor of the package's own, of which no op knows.
void closeDescriptor(Descriptor fd);

}  // namespace pendingop::sys
