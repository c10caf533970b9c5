// The kernel's list of mounts. Nothing here touches a mount.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pendingop::sys {

// Returns a descriptor for the next three functions, or -errno; -ENOSYS: the system has no such list.
int openMountInfo();
void closeMountInfo(int fd);
// Reads the whole current list. Returns false if it cannot be read.
bool readMountInfo(int fd, std::string* text);
// Sleeps until the list has changed since it was last read through `fd`. Returns false if changes cannot be
// noticed.
bool awaitMountChange(int fd);
// Windows: has the share that a path leads to in the list from then on, if it leads to one. Returns whether
// that is new. Elsewhere every mount is in the list by itself.
#if defined(_WIN32)
bool meetShare(std::string_view path);
#else
inline bool meetShare(std::string_view) { return false; }
#endif
// Writes the path of the working directory. Returns false if it has none, for instance because its mount was
// removed. Searching for one, as libc does, would ask that file system.
bool currentDirectory(char* buffer, size_t size);
// Returns the id of the mount that a descriptor is on, without asking its file system; -1: not known.
int mountOf(int fd);
// The path of an open descriptor, without asking its file system. Empty: it has none, or it is not known.
std::string pathOf(int fd);

}  // namespace pendingop::sys
