// Memory by the page, for workers: with no lock, no errno and no thread-local storage of libc's.
#pragma once

#include <cstddef>

namespace pendingop::sys {

// Null without memory. Untouched pages cost nothing.
void* mapPages(size_t size);
void unmapPages(void* pages, size_t size);

}  // namespace pendingop::sys
