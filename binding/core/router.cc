#include "core/router.h"

#include <limits.h>

#include "core/mounts.h"
#include "sys/mountinfo.h"

namespace pendingop {

namespace {

// Where a path means something of the caller's own: a task has another number, and another table of
// descriptors may be its own. (/dev/stdin; but /dev/shm is a place like others.)
bool isOfProcess(std::string_view path) {
  if (path.starts_with("/dev/shm/")) return false;
  return path.starts_with("/proc/") || path.starts_with("/dev/") || path == "/proc" || path == "/dev";
}

}  // namespace

std::string_view Router::absolute(std::string_view path) {
  if (path.starts_with('/')) return path;
  char directory[PATH_MAX];
  if (!sys::currentDirectory(directory, sizeof directory)) return {};
  joined_.assign(directory).append("/").append(path);
  return joined_;
}

Lane* Router::laneOfPath(std::string_view path) {
  const Mount* mount = table_->remoteOf(absolute(path));
  return mount == nullptr ? nullptr : Lanes::instance().of(*mount);
}

// `ask`: although it was opened through us, somebody else may have closed it since, and its number may be
// that of another file.
Lane* Router::laneOfDescriptor(int fd, bool ask) {
  Lane* lane = nullptr;
  if (Lanes::instance().ofDescriptor(fd, &lane) && !ask) return lane;
  const Mount* mount = table_->byId(sys::mountOf(fd));
  if (mount == nullptr) return lane;
  return mount->remote ? Lanes::instance().of(*mount) : nullptr;
}

Route Router::of(Code code, std::string_view path, std::string_view dest, int fd, bool waits) {
  Runtime& runtime = Runtime::instance();
  if (code == Code::custom) return {&runtime.foreign()};
  // It does not wait for the lane of the file system, since it ends what does. NFS 4 takes leave of a server
  // that may be dead: only a kill ends that.
  if (code == Code::umount) return {&runtime.tasks()};
  // A thread cannot: its descriptors are the process's.
  if (code == Code::start) return {&runtime.tasks()};
  const uint64_t version = Mounts::instance().version();
  if (!table_ || version != version_) {
    version_ = version;
    table_ = Mounts::instance().current();
  }
  const bool byPath = !path.empty() || fd < 0;
  Lane* lane = nullptr;
  if (table_->anyRemote()) {
    if (!byPath) {
      lane = laneOfDescriptor(fd, false);
    } else {
      // The target of a symbolic link is a text, not a place.
      if (code != Code::symlink) lane = laneOfPath(path);
      if (lane == nullptr && !dest.empty()) lane = laneOfPath(dest);
    }
  }
  if (code == Code::close) Lanes::instance().closed(fd);
  if (lane == nullptr && waits) return {&runtime.waiters()};
  if (lane == nullptr)
    return {byPath && &runtime.main() == &runtime.tasks() && isOfProcess(absolute(path)) ? &runtime.threads()
                                                                                         : &runtime.main()};
  if (lane->health.isOpen() && code != Code::close && (byPath || laneOfDescriptor(fd, true) == lane))
    return {&lane->pool, true};
  if (waits) return {&runtime.remoteWaiters()};
  Lanes::instance().watch(*lane);
  return {&lane->pool};
}

}  // namespace pendingop
