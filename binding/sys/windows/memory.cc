#include "sys/memory.h"

#include <windows.h>

namespace pendingop::sys {

void* mapPages(size_t size) { return VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE); }

void offerPages(void* pages, size_t size) { VirtualAlloc(pages, size, MEM_RESET, PAGE_READWRITE); }

void unmapPages(void* pages, size_t) { VirtualFree(pages, 0, MEM_RELEASE); }

}  // namespace pendingop::sys
