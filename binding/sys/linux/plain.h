// System calls past libc: no errno, and nothing else that belongs to a thread.
#pragma once

#include <errno.h>

#include <cstdint>
#include <type_traits>

#include "sys/calling.h"

// Of syscall_*.S. NOLINTBEGIN(readability-identifier-naming): the names that the assembly files give them
extern "C" long po_syscall(const void* state, long nr, long a, long b, long c, long d, long e, long f);

extern "C" __attribute__((returns_twice)) long po_syscall_saved(const void* state,
                                                                pendingop::SavedCall* saved, long nr, long a,
                                                                long b, long c, long d, long e, long f);
// NOLINTEND(readability-identifier-naming)

namespace pendingop::sys {

template <typename T>
long word(T value) {
  if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<long>(value);
  else
    return static_cast<long>(value);
}

// A state word that always says "running".
inline const uint64_t kRunning = static_cast<uint64_t>(State::Running);

// Makes a system call that belongs to no op, and that nobody can interrupt. Returns a result, or -errno.
template <typename... A>
long plain(long nr, A... args) {
  const long a[6] = {word(args)...};
  return po_syscall(&kRunning, nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// Replaces the kernel's own restart codes, which no program should see: umount -f on NFS lets 512 through,
// without a signal. Unless the op was interrupted, the call has failed, and it is not made again: an fsync
// would succeed then, though the data is lost.
inline long withoutRestartCodes(const Calling& op, long result) {
  if (result > -512 || result < -516) return result;
  return op.wantsStop() ? -EINTR : -EIO;
}

}  // namespace pendingop::sys
