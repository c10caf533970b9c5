// The kernel's list of mounts. To read it touches no mount.
#pragma once

#include <string>

namespace pendingop::sys {

// A descriptor for the two below, or -errno; -ENOSYS where there is no such list.
int openMountInfo();
// The whole list as it is now; false when it cannot be read.
bool readMountInfo(int fd, std::string* text);
// Sleeps until the list has changed since it was last read through `fd`. False: it cannot be known.
bool awaitMountChange(int fd);
// The id of the mount that an open descriptor is on, without asking its file system. -1: not known.
int mountOf(int fd);

}  // namespace pendingop::sys
