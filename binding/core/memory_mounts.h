// The mounts whose files can be asked for without a wait. The mount of a file decides: only file systems that
// are known to have the answer in memory are asked for more. docs/cached-calls.md names the sources.
//
// One for each environment, on its own thread.
#pragma once

#include <cstdint>
#include <vector>

#include "core/mount_table.h"
#include "core/shared.h"
#include "sys/cached.h"
#include "sys/place.h"

namespace pendingop {

// Returns whether the cache of names knows this error for certain.
bool isCertain(int64_t error);

class MemoryMounts {
 public:
  // A mount that has the answers in memory.
  struct Local {
    int mount;
    bool inMemory;  // its files are nowhere else
    Atime atime;
  };

  // Reads the table of mounts, if it has changed since the last time.
  void refresh();

  // Whether no mount is one that could wait when it is asked for a file's status.
  bool allLocal() const { return allLocal_; }
  // Whether /proc has the names of this process's descriptors.
  bool hasProc() const { return hasProc_; }

  // Reads the status of a file on a local file system. No other file system is asked. Returns 0 or -errno;
  // -EAGAIN: a worker has to ask.
  int64_t statusOf(sys::Descriptor fd, sys::CachedStatus* status, const Local** local) const;
  int64_t statusOf(const sys::Place& place, bool followLinks, sys::CachedStatus* status,
                   const Local** local) const;

 private:
  const Local* localOf(int mount) const;

  uint64_t version_ = 0;
  Shared<const MountTable> table_;
  bool allLocal_ = false;
  bool hasProc_ = false;
  std::vector<Local> locals_;
};

}  // namespace pendingop
