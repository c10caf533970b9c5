// The kernel's list of mounts. Nothing here touches a mount.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sys/descriptor.h"

namespace pendingop::sys {

// Returns a descriptor for the next three functions, or -errno; -ENOSYS: the system has no such list.
long openMountInfo();
void closeMountInfo(Descriptor fd);
// Reads the whole current list. Returns false if it cannot be read.
bool readMountInfo(Descriptor fd, std::string* text);
// The paths of the files that a block device keeps its data in, as the kernel has them: a loop device does,
// and what is made of loop devices. Neither the device nor the file is asked.
std::vector<std::string> filesOfDevice(uint32_t major, uint32_t minor);
// Sleeps until the list has changed since it was last read through `fd`. Returns false if changes cannot be
// noticed.
bool awaitMountChange(Descriptor fd);
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
int mountOf(Descriptor fd);
// The path of an open descriptor, without asking its file system. Empty: it has none, or it is not known.
std::string pathOf(Descriptor fd);

}  // namespace pendingop::sys
