// The system calls that ops are made of. One backend is compiled: sys/linux (raw system calls through the
// interruptible stub), sys/posix (libc, for every other Unix, and on Linux for its tests) or sys/windows
// (the libuv of the Node that has loaded the addon). What Windows does in one call, and Unix in several, is
// an op of its own for each (ops/unix, ops/windows): calls that are marked (Unix) are not there on Windows.
//
// Every function returns what the call returned, >= 0, or -errno. -EINTR means that the op was interrupted,
// and nothing else: after any other signal the call is repeated inside. A call marked (changes) sets
// op.tookEffect if the disk may have changed: the call succeeded, or it was interrupted after the kernel had
// begun with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>

#include "sys/calling.h"
#include "sys/descriptor.h"
#include "sys/files.h"
#include "sys/place.h"

namespace pendingop::sys {

// Adds O_CLOEXEC, and O_NOFOLLOW if the place does not follow. It is the only call that takes a place of
// several names below its directory. (changes) with O_CREAT or O_TRUNC
long open(Calling& op, const Place& place, int flags, unsigned mode);
// startProgram() of sys/processes.h, in a task with a table of its own. (changes) -ENOSYS: there is none.
long start(Calling& op, const char* path);
// Never interrupted and never retried: whatever it returns, the descriptor is closed.
long close(Calling& op, Descriptor fd);
// The same of no op: on the calling thread, as long as it takes.
long closeNow(Descriptor fd);

// Whether the system itself refuses negative positions but -1: elsewhere libuv takes them for the file's own.
#if defined(_WIN32)
constexpr bool kRefusesPositions = true;
#else
constexpr bool kRefusesPositions = false;
#endif

long read(Calling& op, Descriptor fd, void* buffer, size_t size);
long pread(Calling& op, Descriptor fd, void* buffer, size_t size, int64_t position);
long write(Calling& op, Descriptor fd, const void* buffer, size_t size,
           int64_t position);  // (changes) position -1: the file's own

// Whether the file lives in memory alone, so that reading and writing it waits for no disk and no server.
bool livesInMemory(Descriptor fd);

// Reads what can be read without waiting: from the page cache, or from a file system that lives in memory.
// -EAGAIN: nothing can, or that cannot be known.
long preadCached(Calling& op, Descriptor fd, void* buffer, size_t size, int64_t position);

long stat(Calling& op, const Place& place, bool followLinks, int64_t fields[kStatFields]);
long fstat(Calling& op, Descriptor fd, int64_t fields[kStatFields]);
// type, bsize, blocks, bfree, bavail, files, ffree, frsize
long statfs(Calling& op, const char* path, int64_t fields[8]);
long access(Calling& op, const char* path, int mode);

// (Unix) Reads directory entries in the layout of getdents64, in both backends. Returns 0 at the end.
struct DirectoryEntry {
  uint64_t inode;
  int64_t offset;
  uint16_t length;
  uint8_t type;  // DT_*
  char name[];
};
long readDirectory(Calling& op, Descriptor fd, void* buffer, size_t size);

long mkdir(Calling& op, const Place& place, unsigned mode);      // (changes)
long rmdir(Calling& op, const Place& place);                     // (changes)
long unlink(Calling& op, const Place& place);                    // (changes)
long rename(Calling& op, const char* from, const char* to);      // (changes)
long link(Calling& op, const char* existing, const char* path);  // (changes)
// `type`: libuv's UV_FS_SYMLINK_*, for Windows alone.
long symlink(Calling& op, const char* target, const Place& place, int type);  // (changes)
long readlink(Calling& op, const Place& place, char* buffer, size_t size);    // (Unix)
long workingDirectory(Calling& op, char* buffer, size_t size);                // (Unix) ended by a NUL
// A place that does not follow and is a symbolic link: -EOPNOTSUPP, or -ELOOP, or the link's own mode is set.
long chmod(Calling& op, const Place& place, unsigned mode);                         // (changes)
long fchmod(Calling& op, Descriptor fd, unsigned mode);                             // (changes)
long chown(Calling& op, const char* path, bool followLinks, uid_t uid, gid_t gid);  // (changes)
long fchown(Calling& op, Descriptor fd, uid_t uid, gid_t gid);                      // (changes)
// (changes) (Unix)
long utimes(Calling& op, const Place& place, bool followLinks, const timespec times[2]);
long futimes(Calling& op, Descriptor fd, const timespec times[2]);  // (changes) (Unix)
long ftruncate(Calling& op, Descriptor fd, int64_t size);           // (changes)
long fsync(Calling& op, Descriptor fd);
long fdatasync(Calling& op, Descriptor fd);

long clone(Calling& op, Descriptor to,
           Descriptor from);  // (changes) (Unix) reflink; -EOPNOTSUPP where there is none
long copyRange(Calling& op, Descriptor from, Descriptor to,
               size_t size);  // (changes) (Unix) from and to the files' own positions

// Ends the calls that wait for the file system mounted there, and unmounts it unless it is in use. -ENOSYS:
// the system has no such call.
long umount(Calling& op, const char* path);  // (changes)

// Advisory locks. If the call is interrupted, the lock is not held.
enum class LockType : uint8_t { none, shared, exclusive };
long flock(Calling& op, Descriptor fd, LockType type, bool wait);
// A lock of the open file, not of the process (OFD). `length` 0: to the end of the file, wherever that will
// be. -ENOTSUP: the system has no such locks.
long fcntlLock(Calling& op, Descriptor fd, LockType type, bool wait, int64_t start, int64_t length);

// The events that libuv watches for: bits of IN_*.
extern const uint32_t kWatched;
// Adds a watch to a queue of file system events (sys/watching.h), for the file that the path leads to. The
// same file has the same watch. -ENOSYS: the system has no such queues.
long addWatch(Calling& op, Descriptor queue, const char* path);
long removeWatch(Calling& op, Descriptor queue, int watch);

// Makes any system call, by its number; not interruptible if so wished. It is never shown as `call`. -ENOSYS:
// the backend cannot.
long systemCall(Calling& op, long number, const long (&arguments)[6], bool interruptible);

// Takes up to 256 bytes. It never waits: the kernel's pool is ready when a process runs.
long random(void* buffer, size_t size);

}  // namespace pendingop::sys
