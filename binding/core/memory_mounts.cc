#include "core/memory_mounts.h"

#include "base/errors.h"
#include "core/mount_types.h"
#include "core/mounts.h"

namespace pendingop {

bool isCertain(int64_t error) {
  return error == -ENOENT || error == -ENOTDIR || error == -EACCES || error == -ELOOP ||
         error == -ENAMETOOLONG;
}

void MemoryMounts::refresh() {
  const uint64_t version = Mounts::instance().version();
  if (table_ && version == version_) return;
  version_ = version;
  locals_.clear();
  allLocal_ = true;
  table_ = Mounts::instance().current();
  for (const Mount& mount : table_->all()) {
    if (isLocal(mount.type))
      locals_.push_back({mount.id, mount.type == "tmpfs", mount.atime});
    else
      allLocal_ = allLocal_ && isKernels(mount.type);
  }
  const Mount* proc = table_->of("/proc/self/fd");
  hasProc_ = proc != nullptr && proc->type == "proc" && proc->point == "/proc" && proc->root == "/";
}

const MemoryMounts::Local* MemoryMounts::localOf(int mount) const {
  for (const Local& local : locals_) {
    if (local.mount == mount) return &local;
  }
  return nullptr;
}

int64_t MemoryMounts::statusOf(sys::Descriptor fd, sys::CachedStatus* status, const Local** local) const {
  if (!allLocal_ && localOf(table_->mountOf(fd)) == nullptr) return -EAGAIN;
  const int r = sys::statusOfCached(fd, status);
  if (r < 0) return -EAGAIN;
  *local = localOf(status->mount);
  return *local == nullptr ? -EAGAIN : 0;
}

int64_t MemoryMounts::statusOf(const sys::Place& place, bool followLinks, sys::CachedStatus* status,
                               const Local** local) const {
  const sys::CachedFd found(sys::findCached(place, followLinks));
  if (found < 0) return isCertain(found) ? found : -EAGAIN;
  return statusOf(found, status, local);
}

}  // namespace pendingop
