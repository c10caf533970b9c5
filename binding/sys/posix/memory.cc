#include "sys/memory.h"

#include <sys/mman.h>

namespace pendingop::sys {

void* mapPages(size_t size) {
  void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

void unmapPages(void* pages, size_t size) { munmap(pages, size); }

}  // namespace pendingop::sys
