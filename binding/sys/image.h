// The shared objects that code is loaded from.
#pragma once

namespace pendingop::sys {

// Keeps the shared object with this function mapped for the life of the process.
void keepImage(const void* function);

}  // namespace pendingop::sys
