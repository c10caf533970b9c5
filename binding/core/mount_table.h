// The mounts of this process's namespace as the kernel listed them at one moment, and which of them a path
// is on, by its text alone: no mount is ever touched in order to know. A table is never changed, so any
// thread may read it; it allocates, so killable workers may not.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sys/descriptor.h"

namespace pendingop {

// When a read sets a file's time of access: mount(8), noatime and relatime.
enum class Atime : uint8_t { never, relative, always };

// Texts are bytes as they are: nothing says that they are UTF-8.
struct Mount {
  int id = 0;      // mnt_id of /proc/self/fdinfo
  int parent = 0;  // the id of the mount it is mounted on
  uint32_t major = 0;
  uint32_t minor = 0;  // of the device; on FUSE the number of its connection
  std::string point;
  std::string place;  // the point as paths are compared: other on Windows (sys/drives.h)
  std::string root;   // which folder of the file system it shows: not "/" for a bind mount
  std::string type;
  std::string source;
  Atime atime = Atime::always;
  bool remote = false;  // isRemote(type), or what it shows lies on such a mount
  // Folders of other mounts that it is made of, as overlay is, and files that its device keeps its data in,
  // as a loop device does. As whoever mounted it called them, which may have been in another namespace.
  std::vector<std::string> layers;
  bool visible = false;  // paths lead to it: it is not hidden beneath another mount
};

class MountTable {
 public:
  mutable std::atomic<uint32_t> references{0};  // core/shared.h

  MountTable() = default;
  using FilesOfDevice = std::vector<std::string> (*)(uint32_t major, uint32_t minor);
  // The text of /proc/self/mountinfo (proc_pid_mountinfo(5)). Lines that make no sense are left out.
  explicit MountTable(std::string_view mountinfo, FilesOfDevice filesOf = nullptr);
  MountTable(const MountTable&) = delete;
  MountTable& operator=(const MountTable&) = delete;

  // The mount that an absolute path is on, '.', '..' and '//' resolved by the text. Null: unknown, as without
  // a mount at '/' (chroot), or the path is not absolute.
  const Mount* of(std::string_view absolute) const;
  // The remote mount that a call on the path may have to wait for: the one it is on, or else the innermost of
  // those that it leads through, since each of its folders is looked up. Null at once for a path that none of
  // them is on the way of.
  const Mount* remoteOf(std::string_view absolute) const;
  const Mount* byId(int id) const;
  // In the kernel's order; hidden ones too.
  const std::vector<Mount>& all() const { return mounts_; }
  bool anyRemote() const { return anyRemote_; }
  // The number of the mount that a descriptor's file is on, without a wait; negative: unknown.
  int mountOf(sys::Descriptor fd) const;

 private:
  void findVisible();
  void findRemoteLayers();
  const Mount* innermost(std::string_view normal) const;
  // The path as places are, '.' and the like resolved, in `buffer` if need be. Empty: it is not absolute.
  std::string_view placeOf(std::string_view absolute, std::string* buffer) const;

  std::vector<Mount> mounts_;
  bool ofWindows_ = false;
  std::unordered_map<int, size_t> byId_;
  std::unordered_map<std::string_view, size_t> visible_;  // by place
  std::vector<const Mount*> remote_;                      // visible ones, the longest points first
  bool anyRemote_ = false;
  bool tellMount_ = true;  // no mount could wait when it is asked for the number of a file's mount
};

}  // namespace pendingop
