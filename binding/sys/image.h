// The shared objects that code is loaded from.
#pragma once

namespace pendingop::sys {

// Keeps the shared object with this function mapped for the life of the process.
void keepImage(const void* function);

// Whether the program that has loaded it has what our calls are made of. On Windows that is libuv, which a
// Node has; elsewhere nothing but the system.
bool canRun();

}  // namespace pendingop::sys
