#include "core/memory_mounts.h"

#include <algorithm>

#include "base/errors.h"
#include "core/mounts.h"
#include "sys/mountinfo.h"

namespace pendingop {

namespace {

// File systems whose sources show that opening, stat and reading what is in memory wait for nothing.
bool isLocal(std::string_view type) {
  return type == "ext4" || type == "tmpfs" || type == "xfs" || type == "btrfs" || type == "ext3" ||
         type == "ext2" || type == "f2fs";
}

template <size_t N>
bool isAmong(const std::string_view (&types)[N], std::string_view type) {
  return std::find(std::begin(types), std::end(types), type) != std::end(types);
}

// The kernel's own file systems: their status is in memory, but reading may do anything. Most systems have
// most of them mounted.
bool isKernels(std::string_view type) {
  static constexpr std::string_view kTypes[] = {
      "proc",       "sysfs",      "devtmpfs",    "devpts",     "cgroup", "cgroup2", "cpuset",
      "mqueue",     "hugetlbfs",  "debugfs",     "tracefs",    "bpf",    "nsfs",    "configfs",
      "securityfs", "selinuxfs",  "smackfs",     "efivarfs",   "pstore", "ramfs",   "rootfs",
      "fusectl",    "rpc_pipefs", "binfmt_misc", "functionfs", "nfsd",   "resctrl"};
  return isAmong(kTypes, type);
}

// File systems that tell the mount of a file without asking their server or daemon, or their disk. (CIFS may
// ask, for the root of a mount; 9p asks.)
bool tellsMount(std::string_view type) {
  static constexpr std::string_view kTypes[] = {"fuse",    "fuseblk", "nfs",   "nfs4",   "overlay",
                                                "autofs",  "vfat",    "exfat", "ntfs3",  "squashfs",
                                                "iso9660", "udf",     "erofs", "hfsplus"};
  return isAmong(kTypes, type) || type.starts_with("fuse.");
}

}  // namespace

bool isCertain(int64_t error) {
  return error == -ENOENT || error == -ENOTDIR || error == -EACCES || error == -ELOOP ||
         error == -ENAMETOOLONG;
}

void MemoryMounts::refresh() {
  const uint64_t version = Mounts::instance().version();
  if (hasTable_ && version == version_) return;
  hasTable_ = true;
  version_ = version;
  locals_.clear();
  allLocal_ = tellMount_ = true;
  const Shared<const MountTable> table = Mounts::instance().current();
  for (const Mount& mount : table->all()) {
    if (isLocal(mount.type)) {
      locals_.push_back({mount.id, mount.type == "tmpfs", mount.atime});
    } else if (!isKernels(mount.type)) {
      allLocal_ = false;
      tellMount_ = tellMount_ && tellsMount(mount.type);
    }
  }
  const Mount* proc = table->of("/proc/self/fd");
  hasProc_ = proc != nullptr && proc->type == "proc" && proc->point == "/proc" && proc->root == "/";
}

const MemoryMounts::Local* MemoryMounts::localOf(int mount) const {
  for (const Local& local : locals_) {
    if (local.mount == mount) return &local;
  }
  return nullptr;
}

int64_t MemoryMounts::statusOf(int fd, sys::CachedStatus* status, const Local** local) const {
  if (!allLocal_) {
    const int mount = tellMount_ ? sys::mountOfCached(fd) : sys::mountOf(fd);
    if (localOf(mount) == nullptr) return -EAGAIN;
  }
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
