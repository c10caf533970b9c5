// Pages for the memory of ops: what large data goes through, and results that do not fit into reserved
// memory. Pages that an op has given back are kept for the next one, since the kernel clears each page that
// is touched for the first time: a write of 1 MiB through fresh pages takes 600 µs of a processor, through
// kept ones 100.
//
// Any thread, and tasks: no lock is taken, and no function of libc's. If a task is killed in here, at most
// the pages that it was about to have are lost.
#pragma once

#include <cstddef>

namespace pendingop {

// Pages with room for at least `size` bytes, and how many they have room for. What they hold is undefined.
struct Pages {
  void* data = nullptr;  // null without memory
  size_t size = 0;
};
Pages takePages(size_t size);
// `pages` of takePages().
void givePages(const Pages& pages);

}  // namespace pendingop
