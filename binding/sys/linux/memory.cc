#include "sys/memory.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "sys/linux/plain.h"

namespace pendingop::sys {

#ifdef __SANITIZE_THREAD__
// Through libc's functions, which ThreadSanitizer watches. It would take pages that it did not see mapped
// anew for those that were there before.
void* mapPages(size_t size) {
  void* pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return pages == MAP_FAILED ? nullptr : pages;
}

void unmapPages(void* pages, size_t size) { munmap(pages, size); }
#else
void* mapPages(size_t size) {
  const long r = plain(SYS_mmap, 0L, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
  return r < 0 && r > -4096 ? nullptr : reinterpret_cast<void*>(r);
}

void unmapPages(void* pages, size_t size) { plain(SYS_munmap, pages, size); }
#endif

void offerPages(void* pages, size_t size) { plain(SYS_madvise, pages, size, MADV_FREE); }

}  // namespace pendingop::sys
