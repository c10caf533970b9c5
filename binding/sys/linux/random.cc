#include <errno.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>

#include "sys/linux/plain.h"
#include "sys/sys.h"

namespace pendingop::sys {

long random(void* buffer, size_t size) {
  const long r = plain(SYS_getrandom, buffer, size, 0L);  // up to 256 bytes come whole
  if (r != -ENOSYS && r != -EPERM) return r < 0 ? r : 0;
  // A seccomp filter refuses it. As libc does for names of mkdtemp, takes the time.
  timespec now;
  plain(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  uint64_t state = static_cast<uint64_t>(now.tv_nsec) ^ static_cast<uint64_t>(now.tv_sec) << 32 ^
                   reinterpret_cast<uintptr_t>(buffer);
  for (size_t i = 0; i < size; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    static_cast<uint8_t*>(buffer)[i] = static_cast<uint8_t>(state >> 56);
  }
  return 0;
}

}  // namespace pendingop::sys
