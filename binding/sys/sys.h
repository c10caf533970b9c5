// The system calls that ops are made of. One backend is compiled: sys/linux (raw system calls through the
// interruptible stub) or sys/posix (libc, for every other Unix, and on Linux for its tests).
//
// Every function returns what the call returned, >= 0, or -errno. -EINTR means that the op was interrupted,
// and only that: a signal that nobody asked for is retried inside. A call marked (changes) records in
// op.tookEffect that the disk may have changed: it succeeded, or it was interrupted after the kernel had
// begun with it.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "sys/calling.h"
#include "sys/place.h"

namespace pendingop::sys {

// O_CLOEXEC added, and O_NOFOLLOW where the place does not follow. The only call that takes a place of
// several names below its directory. (changes) with O_CREAT or O_TRUNC
long open(Calling& op, const Place& place, int flags, unsigned mode);
// startProgram() of sys/processes.h, in a task with a table of its own. (changes) -ENOSYS where there is
// none.
long start(Calling& op, const char* path);
// Never interrupted and never retried: whatever it returns, the descriptor is gone.
long close(Calling& op, int fd);

long read(Calling& op, int fd, void* buffer, size_t size);
long pread(Calling& op, int fd, void* buffer, size_t size, int64_t position);
long write(Calling& op, int fd, const void* buffer, size_t size,
           int64_t position);  // (changes) position -1: the file's own

// Reads what can be had without waiting for anything: from the page cache, or from a file system that lives
// in memory. -EAGAIN where that is nothing, or cannot be known.
long preadCached(Calling& op, int fd, void* buffer, size_t size, int64_t position);

long stat(Calling& op, const Place& place, bool followLinks, int64_t fields[kStatFields]);
long fstat(Calling& op, int fd, int64_t fields[kStatFields]);
// type, bsize, blocks, bfree, bavail, files, ffree, frsize
long statfs(Calling& op, const char* path, int64_t fields[8]);
long access(Calling& op, const char* path, int mode);

// Directory entries as getdents64 lays them out; 0 at the end. The portable backend makes the same layout.
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;  // DT_*
  char name[];
};
long readDirectory(Calling& op, int fd, void* buffer, size_t size);

long mkdir(Calling& op, const Place& place, unsigned mode);         // (changes)
long rmdir(Calling& op, const Place& place);                        // (changes)
long unlink(Calling& op, const Place& place);                       // (changes)
long rename(Calling& op, const char* from, const char* to);         // (changes)
long link(Calling& op, const char* existing, const char* path);     // (changes)
long symlink(Calling& op, const char* target, const Place& place);  // (changes)
long readlink(Calling& op, const Place& place, char* buffer, size_t size);
long workingDirectory(Calling& op, char* buffer, size_t size);  // ended by a NUL
// A place that does not follow and is a symbolic link: -EOPNOTSUPP, or -ELOOP, or the link's own mode is set.
long chmod(Calling& op, const Place& place, unsigned mode);                               // (changes)
long fchmod(Calling& op, int fd, unsigned mode);                                          // (changes)
long chown(Calling& op, const char* path, bool followLinks, uid_t uid, gid_t gid);        // (changes)
long fchown(Calling& op, int fd, uid_t uid, gid_t gid);                                   // (changes)
long utimes(Calling& op, const Place& place, bool followLinks, const timespec times[2]);  // (changes)
long futimes(Calling& op, int fd, const timespec times[2]);                               // (changes)
long ftruncate(Calling& op, int fd, int64_t size);                                        // (changes)
long fsync(Calling& op, int fd);
long fdatasync(Calling& op, int fd);

long clone(Calling& op, int to, int from);  // (changes) reflink; -EOPNOTSUPP where there is none
long copyRange(Calling& op, int from, int to, size_t size);  // (changes) from and to the files' own positions

// Ends what waits for the file system mounted there, and unmounts it unless it is in use. -ENOSYS where there
// is no such call.
long umount(Calling& op, const char* path);  // (changes)

// Advisory locks. One that is interrupted is not held.
enum class LockType : uint8_t { none, shared, exclusive };
long flock(Calling& op, int fd, LockType type, bool wait);
// Of the open file, not of the process (OFD); `length` 0: to the end of the file, wherever that will be.
// -ENOTSUP where there are none.
long fcntlLock(Calling& op, int fd, LockType type, bool wait, int64_t start, int64_t length);

// What is watched: IN_* as libuv has them.
extern const uint32_t kWatched;
// Of a queue of file system events (sys/watching.h): of what the path leads to, for what libuv watches; the
// same file has the same watch. -ENOSYS where there are no queues.
long addWatch(Calling& op, int queue, const char* path);
long removeWatch(Calling& op, int queue, int watch);

// Any system call, by its number, which nobody may interrupt if so wished. Never shown as `call`. -ENOSYS
// where there is no such way.
long systemCall(Calling& op, long number, const long (&arguments)[6], bool interruptible);

// Up to 256 bytes. Never waits: the kernel's pool is ready when a process runs.
long random(void* buffer, size_t size);

}  // namespace pendingop::sys
