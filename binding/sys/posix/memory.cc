#include "sys/memory.h"

#include <sys/mman.h>

namespace pendingop::sys {

void* mapPages(size_t size) {
  void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

void offerPages(void* pages, size_t size) {
#if defined(MADV_FREE)
  madvise(pages, size, MADV_FREE);
#endif
}

void unmapPages(void* pages, size_t size) { munmap(pages, size); }

}  // namespace pendingop::sys
