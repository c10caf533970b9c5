// The kernel's list of mounts. To read it touches no mount, nor does anything else here.
#pragma once

#include <cstddef>
#include <string>

namespace pendingop::sys {

// A descriptor for the two below, or -errno; -ENOSYS where there is no such list.
int openMountInfo();
// The whole list as it is now; false when it cannot be read.
bool readMountInfo(int fd, std::string* text);
// Sleeps until the list has changed since it was last read through `fd`. False: it cannot be known.
bool awaitMountChange(int fd);
// The working directory's path. False: it has none, as where its mount was taken away; to look for one, as
// libc does, would ask that.
bool currentDirectory(char* buffer, size_t size);
// The id of the mount that an open descriptor is on, without asking its file system. -1: not known.
int mountOf(int fd);

}  // namespace pendingop::sys
