#include "sys/credentials.h"

#include <sys/syscall.h>
#include <sys/types.h>

#include "sys/linux/plain.h"

namespace pendingop::sys {

uint64_t credentials() {
  // Real, effective and saved ids; then groups, as many as are worth looking at each time. The ids for file
  // systems follow them; set apart (setfsuid) they are one thread's alone, and no other thread of a program
  // has them either.
  uint32_t ids[6 + 64];
  plain(SYS_getresuid, ids, ids + 1, ids + 2);
  plain(SYS_getresgid, ids + 3, ids + 4, ids + 5);
  const long groups = plain(SYS_getgroups, 64, ids + 6);
  const size_t count = 6 + static_cast<size_t>(groups > 0 ? groups : 0);
  uint64_t hash = 0xcbf29ce484222325u + count;  // FNV-1a
  for (size_t i = 0; i < count; i++) hash = (hash ^ ids[i]) * 0x100000001b3u;
  return hash;
}

}  // namespace pendingop::sys
