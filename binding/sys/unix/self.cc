#include "sys/self.h"

#include <unistd.h>

namespace pendingop::sys {

int processId() { return getpid(); }
void closeDescriptor(Descriptor fd) { close(fd); }

}  // namespace pendingop::sys
