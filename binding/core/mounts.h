// Keeps the table of mounts up to date: a thread of its own sleeps until the kernel says that something was
// mounted or unmounted, and publishes a new table.
//
// One for the process, never destroyed. Environments' threads and the supervisor call it; killable workers
// never do. startMutex_ is taken before mutex_, which is a leaf.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/futex.h"
#include "core/mount_table.h"
#include "core/shared.h"

namespace pendingop {

class Mounts {
 public:
  static Mounts& instance();

  // Reads the table, and starts the thread if it does not run yet. Returns 0 or -errno; if the system lists
  // no mounts (-ENOSYS), the table stays empty.
  int start();
  // Reads the table at once: the thread may not have run since the last change.
  void refresh();
  // Whether the mounts could not be listed, as where /proc is not mounted: then any file may be on a remote
  // file system.
  bool areUnknown() const { return unknown_.load(std::memory_order_relaxed); }
  // Never null. Callers keep it until version() changes.
  Shared<const MountTable> current();
  // Grows when a table differs from the one before.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  Mounts() = default;
  static Mounts& theMounts;
  static void* main(void* self);
  // Reads under the lock, so that an older text never replaces a newer one.
  int update(sys::Descriptor fd);

  std::atomic<uint64_t> version_{0};
  std::atomic<bool> unknown_{false};
  Mutex startMutex_;
  bool started_ GUARDED_BY(startMutex_) = false;
  sys::Descriptor fd_ = sys::kNoDescriptor;  // the thread's, from its start on
  Mutex mutex_;
  std::string text_ GUARDED_BY(mutex_);
  Shared<const MountTable> table_ GUARDED_BY(mutex_){new MountTable};
};

}  // namespace pendingop
