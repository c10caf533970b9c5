// Memory in pages, for workers: without a lock, errno or thread-local storage of libc's.
#pragma once

#include <cstddef>

namespace pendingop::sys {

// Returns null if there is no memory. Untouched pages cost nothing.
void* mapPages(size_t size);
// What the pages hold is not needed any more: the system may take them away until they are written to.
void offerPages(void* pages, size_t size);
void unmapPages(void* pages, size_t size);

}  // namespace pendingop::sys
