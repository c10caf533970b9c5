// The shared objects that code lies in.
#pragma once

namespace pendingop::sys {

// Keeps the one that this function is part of mapped for the life of the process.
void keepImage(const void* function);

}  // namespace pendingop::sys
