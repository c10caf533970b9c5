#include "core/mount_types.h"

#include <algorithm>

namespace pendingop {

namespace {

template <size_t N>
bool isAmong(const std::string_view (&types)[N], std::string_view type) {
  return std::find(std::begin(types), std::end(types), type) != std::end(types);
}

}  // namespace

bool isLocal(std::string_view type) {
  return type == "ext4" || type == "tmpfs" || type == "xfs" || type == "btrfs" || type == "ext3" ||
         type == "ext2" || type == "f2fs";
}

bool isKernels(std::string_view type) {
  static constexpr std::string_view kTypes[] = {
      "proc",       "sysfs",      "devtmpfs",    "devpts",     "cgroup", "cgroup2", "cpuset",
      "mqueue",     "hugetlbfs",  "debugfs",     "tracefs",    "bpf",    "nsfs",    "configfs",
      "securityfs", "selinuxfs",  "smackfs",     "efivarfs",   "pstore", "ramfs",   "rootfs",
      "fusectl",    "rpc_pipefs", "binfmt_misc", "functionfs", "nfsd",   "resctrl"};
  return isAmong(kTypes, type);
}

bool tellsMount(std::string_view type) {
  static constexpr std::string_view kTypes[] = {"fuse",    "fuseblk", "nfs",   "nfs4",   "overlay",
                                                "autofs",  "vfat",    "exfat", "ntfs3",  "squashfs",
                                                "iso9660", "udf",     "erofs", "hfsplus"};
  return isAmong(kTypes, type) || type.starts_with("fuse.");
}

}  // namespace pendingop
