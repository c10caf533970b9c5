// System calls that are answered out of the kernel's memory, or not at all: an environment's own thread may
// make them, since none of them waits. docs/cached-calls.md says which source of the kernel each claim is
// from.
//
// Functions return what the call returned, >= 0, or -errno; -EAGAIN: the answer would have to be waited for,
// or this kernel cannot tell.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sys/calling.h"
#include "sys/place.h"

namespace pendingop::sys {

// Whether the kernel has such calls (Linux 5.12) and lets this process make them. Asks it once.
bool hasCachedCalls();

// What statx(2) says of a descriptor.
struct CachedStatus {
  int64_t fields[kStatFields];  // as an op has them
  int mount;                    // as in mountinfo
};

// A descriptor that only names what the path leads to (O_PATH), if all of the path is in the kernel's cache
// of names. No file system and no device hears of it.
int findCached(const Place& place, bool followLinks);
// The same where no symbolic link is on the way, nor at its end unless `endsInLink`: -ELOOP where one is.
int findWithoutLinks(const char* path, bool endsInLink);
// The mount that a descriptor is on. Asks no file system for anything.
int mountOfCached(int fd);
int statusOfCached(int fd, CachedStatus* status);
// Opens a path for reading if all of it is in the cache of names, and no lease has to be broken.
int openCached(const char* path, int flags);
// The descriptor's flags, as open(2) takes them.
int flagsOf(int fd);
// Whether a descriptor with such flags is read by way of the page cache.
bool readsPageCache(int flags);
// Whether the first `size` bytes of the file are in the page cache.
bool isInPageCache(int fd, uint64_t size);
// `fromMemory`: the file system has no other place than the page cache, and knows no RWF_NOWAIT.
long readCached(int fd, void* buffer, size_t size, int64_t position, bool fromMemory);
long readLinkCached(int fd, char* buffer, size_t size);
// As access(2): of a descriptor of findCached(), or of a path that it has found.
long accessCached(int fd, int mode);
long accessCached(const char* path, int mode);
// The text of the path that a descriptor of findCached() stands for, from /proc.
long pathOfCached(int fd, char* buffer, size_t size);
// A watch (sys/sys.h) of what a descriptor of findCached() stands for, by its name in /proc.
long addWatchCached(int queue, int fd);
// Never retried: whatever it returns, the descriptor is gone.
long closeCached(int fd);
uint32_t effectiveUser();
// Both the real user and the effective one.
bool isRoot();

// How often the calling thread has slept in the kernel.
int64_t sleepsOfThread();

}  // namespace pendingop::sys
