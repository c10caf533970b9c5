// libuv, as the program that has loaded the addon exports it: node.exe does, for native addons. Its functions
// of files are called synchronously on a worker, so each result is that of the same function of `node:fs`,
// whichever version of Node that is. Found by name when the image is loaded: nothing is imported from
// node.exe, which may have another name.
//
// Laid out as in uv.h, which is stable within libuv 1.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pendingop::sys::uv {

// A request: what a function has done is in it, until it is cleaned up.
struct alignas(16) Request {
  uint8_t bytes[1024];
};
struct Buffer {
  uint32_t size;
  void* data;
};
struct Time {
  int32_t seconds;
  int32_t nanoseconds;
};
struct Status {
  uint64_t device, mode, links, user, group, specialDevice, inode, size, blockSize, blocks, flags, generation;
  Time accessed, modified, changed, born;
};
struct FileSystem {
  uint64_t type, blockSize, blocks, free, available, files, freeFiles, fragmentSize;
  uint64_t spare[3];
};
struct Entry {
  const char* name;
  int type;  // UV_DIRENT_*
};
struct Directory {
  Entry* entries;
  size_t count;
  void* spare[4];
  // and libuv's own
};

// UV_ECANCELED: the call was ended by CancelSynchronousIo().
constexpr long kCanceled = -4081;
// UV_EOF
constexpr long kEnd = -4095;

using Loop = void*;      // none: the call is synchronous
using Callback = void*;  // likewise
// X(name, what it takes behind the loop and the request, before the callback)
#define PENDINGOP_UV_FS(X)                             \
  X(open, const char*, int, int)                       \
  X(close, int)                                        \
  X(read, int, const Buffer*, unsigned, int64_t)       \
  X(write, int, const Buffer*, unsigned, int64_t)      \
  X(stat, const char*)                                 \
  X(lstat, const char*)                                \
  X(fstat, int)                                        \
  X(statfs, const char*)                               \
  X(access, const char*, int)                          \
  X(scandir, const char*, int)                         \
  X(opendir, const char*)                              \
  X(readdir, Directory*)                               \
  X(closedir, Directory*)                              \
  X(mkdir, const char*, int)                           \
  X(mkdtemp, const char*)                              \
  X(rmdir, const char*)                                \
  X(unlink, const char*)                               \
  X(rename, const char*, const char*)                  \
  X(link, const char*, const char*)                    \
  X(symlink, const char*, const char*, int)            \
  X(readlink, const char*)                             \
  X(realpath, const char*)                             \
  X(chmod, const char*, int)                           \
  X(fchmod, int, int)                                  \
  X(chown, const char*, unsigned char, unsigned char)  \
  X(lchown, const char*, unsigned char, unsigned char) \
  X(fchown, int, unsigned char, unsigned char)         \
  X(utime, const char*, double, double)                \
  X(lutime, const char*, double, double)               \
  X(futime, int, double, double)                       \
  X(ftruncate, int, int64_t)                           \
  X(fsync, int)                                        \
  X(fdatasync, int)                                    \
  X(copyfile, const char*, const char*, int)

namespace fs {
template <typename... Arguments>
using Function = int (*)(Loop, Request*, Arguments..., Callback);
#define X(name, ...) extern Function<__VA_ARGS__> name;
PENDINGOP_UV_FS(X)
#undef X
}  // namespace fs

extern void (*cleanUp)(Request*);
extern intptr_t (*resultOf)(const Request*);
extern void* (*pointerOf)(const Request*);
extern const char* (*pathOf)(const Request*);
extern const Status* (*statusOf)(Request*);
extern int (*nextEntry)(Request*, Entry*);
extern int (*currentDirectory)(char* buffer, size_t* size);
// The handle that a descriptor stands for, and a descriptor for a handle.
extern void* (*handleOf)(int fd);
extern int (*descriptorOf)(void* handle);
// -errno for an error of Windows's.
extern int (*errorOf)(int error);

// Whether all of them were found: without, the addon cannot work.
bool isThere();

}  // namespace pendingop::sys::uv
