// System calls that the kernel answers from its memory, or not at all. None of them waits, so an
// environment's own thread may make them. docs/cached-calls.md names the kernel source for each claim.
//
// Functions return what the call returned, >= 0, or -errno. -EAGAIN: the answer would have to be waited for,
// or this kernel cannot tell.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sys/calling.h"
#include "sys/descriptor.h"
#include "sys/place.h"

namespace pendingop::sys {

// Returns whether the kernel has such calls (Linux 5.12) and lets this process make them. Asks the kernel
// once.
bool hasCachedCalls();

// The answer of statx(2) for a descriptor.
struct CachedStatus {
  int64_t fields[kStatFields];  // as an op has them
  int mount;                    // as in mountinfo
};

// Returns a descriptor that only names the file (O_PATH), if all of the path is in the kernel's cache of
// names. No file system and no device is asked.
long findCached(const Place& place, bool followLinks);
// Does the same, but returns -ELOOP if a symbolic link is on the way, or at the end unless `endsInLink`.
long findWithoutLinks(const char* path, bool endsInLink);
// Returns the mount that a descriptor is on. Asks no file system.
int mountOfCached(Descriptor fd);
int statusOfCached(Descriptor fd, CachedStatus* status);
// Opens a path for reading, if all of it is in the cache of names and no lease has to be broken.
long openCached(const char* path, int flags);
// Returns the descriptor's flags, as open(2) takes them.
int flagsOf(Descriptor fd);
// Returns whether a descriptor with these flags is read by way of the page cache.
bool readsPageCache(int flags);
// Returns whether the first `size` bytes of the file are in the page cache.
bool isInPageCache(Descriptor fd, uint64_t size);
// `fromMemory`: the file system keeps its data in the page cache only, and does not support RWF_NOWAIT.
long readCached(Descriptor fd, void* buffer, size_t size, int64_t position, bool fromMemory);
long readLinkCached(Descriptor fd, char* buffer, size_t size);
// Like access(2): of a descriptor of findCached(), or of a path that it has found.
long accessCached(Descriptor fd, int mode);
long accessCached(const char* path, int mode);
// Writes the path of a descriptor of findCached(), from /proc, into `buffer`.
long pathOfCached(Descriptor fd, char* buffer, size_t size);
// Adds a watch (sys/sys.h) for a descriptor of findCached(), by its name in /proc.
long addWatchCached(Descriptor queue, Descriptor fd);
// Never retried: whatever it returns, the descriptor is closed.
long closeCached(Descriptor fd);
// A descriptor, or -errno, of these functions. The descriptor is closed at the end.
class CachedFd {
 public:
  explicit CachedFd(long result) : fd_(Descriptor(result)) {}
  ~CachedFd() {
    if (fd_ >= 0) closeCached(fd_);
  }
  CachedFd(const CachedFd&) = delete;
  CachedFd& operator=(const CachedFd&) = delete;
  operator Descriptor() const { return fd_; }

 private:
  const Descriptor fd_;
};
uint32_t effectiveUser();
// Returns whether both the real and the effective user are root.
bool isRoot();

// Returns how often the calling thread has slept in the kernel.
int64_t sleepsOfThread();

}  // namespace pendingop::sys
