// Symbolic links that lead from a local file system to a remote one: by the text of such a path a call would
// run among those of local files, on a thread that nothing can kill. The links are followed by their texts,
// out of the kernel's cache of names, and never into the remote file system.
//
// A link that is not in the cache is not seen: the first call that follows it brings it there. Without Linux
// 5.12 (sys::hasCachedCalls()) none is.
//
// One for the process, never destroyed. Environments' threads, and whoever shows paths. mutex_ is a leaf.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/futex.h"
#include "core/mount_table.h"

namespace pendingop {

class Links {
 public:
  static Links& instance();

  // The remote mount that links lead an absolute path to, if its text does not: null, none. `follows`:
  // whether the call follows a link at the path's end. `plain`: whether it was seen that there are no links.
  const Mount* remoteOf(const MountTable& table, std::string_view absolute, bool follows, bool* plain);
  // MountTable::of(), and what calls have found behind links since. Never touches the disk.
  const Mount* shown(const MountTable& table, std::string_view absolute);

 private:
  struct Known {
    std::string link;  // the part of a path that leads to the mount
    int mount;
  };

  Links() = default;
  static Links& theLinks;
  void learn(std::string_view link, int mount);
  void forget(std::string_view absolute);

  std::atomic<size_t> count_{0};
  Mutex mutex_;
  std::vector<Known> known_ GUARDED_BY(mutex_);
};

}  // namespace pendingop
