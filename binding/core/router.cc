#include "core/router.h"

#include <functional>

#include "base/clock.h"
#include "core/links.h"
#include "core/mounts.h"
#include "core/path_text.h"
#include "sys/files.h"
#include "sys/mountinfo.h"

namespace pendingop {

namespace {

// A file may be replaced by a link. For this long its calls then run among those of local files.
constexpr int64_t kPlainLasts = 100 * kMillisecond;

// Returns whether the path means something of the caller's own: a task has another number, and may have a
// descriptor table of its own. (/dev/stdin; but /dev/shm is a place like others.)
bool isOfProcess(std::string_view path) {
  if (path.starts_with("/dev/shm/")) return false;
  return path.starts_with("/proc/") || path.starts_with("/dev/") || path == "/proc" || path == "/dev";
}

// Returns whether the call is about the target of a symbolic link at the end of its path, and not about the
// link.
bool followsLast(Code code) {
  switch (code) {
    case Code::lstat:
    case Code::readlink:
    case Code::unlink:
    case Code::rmdir:
    case Code::rename:
    case Code::link:
    case Code::symlink:
    case Code::mkdir:
    case Code::lchown:
    case Code::lutimes:
      return false;
    default:
      return true;
  }
}

}  // namespace

void Router::readTable() {
  const uint64_t version = Mounts::instance().version();
  if (table_ && version == version_) return;
  version_ = version;
  table_ = Mounts::instance().current();
  plain_.fill({});
}

std::string_view Router::absolute(std::string_view path) {
  if (isAbsolute(path)) return path;
  char directory[sys::kLongestPath];
  if (!sys::currentDirectory(directory, sizeof directory)) return {};
  joined_.assign(directory).append("/").append(path);
  return joined_;
}

Lane* Router::laneOfPath(std::string_view path) {
  const Mount* mount = table_->remoteOf(absolute(path));
  return mount == nullptr ? nullptr : Lanes::instance().of(*mount);
}

// `ask`: although the descriptor was opened through us, other code may have closed it since, and its number
// may be another file's.
Lane* Router::laneOfDescriptor(sys::Descriptor fd, bool ask) {
  Lane* lane = nullptr;
  if (Lanes::instance().ofDescriptor(fd, &lane) && !ask) return lane;
  const Mount* mount = table_->byId(table_->mountOf(fd));
  if (mount == nullptr) return lane;
  return mount->remote ? Lanes::instance().of(*mount) : nullptr;
}

Route Router::of(Code code, std::string_view path, std::string_view dest, sys::Descriptor fd, bool waits) {
  Runtime& runtime = Runtime::instance();
  if (code == Code::custom) return {&runtime.foreign()};
  // It does not wait in the lane of the file system, since it ends the calls there. NFS 4 says goodbye to a
  // server that may not answer: only a kill ends that.
  if (code == Code::umount) return {&runtime.tasks()};
  // A thread cannot do it: its descriptors are the process's.
  if (code == Code::start) return {&runtime.tasks()};
  const bool isNew = sys::meetShare(path);
  if (sys::meetShare(dest) || isNew) Mounts::instance().refresh();
  readTable();
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
  return {&lane->pool};
}

Lane* Router::behindLinks(std::string_view path, const Base& base, bool follows, int64_t now) {
  Lane* lane = nullptr;
  if (base.names > 0 && Lanes::instance().ofDescriptor(base.directory, &lane) &&
      (lane != nullptr || !base.follows))
    return lane;
  const std::string_view whole = absolute(path);
  if (whole.empty() || isOfProcess(whole)) return nullptr;
  const bool followsEnd = follows && base.follows;
  const size_t hash = std::hash<std::string_view>()(whole) + (followsEnd ? 1 : 0);
  Plain& known = plain_[hash % kMostPlain];
  if (known.hash == hash && now < known.until) return nullptr;
  bool plain;
  const Mount* mount = Links::instance().remoteOf(*table_, whole, followsEnd, &plain);
  if (plain) known = {hash, now + kPlainLasts};
  return mount == nullptr ? nullptr : Lanes::instance().of(*mount);
}

bool Router::followLinks(Op& op) {
  readTable();
  if (!table_->anyRemote() || !op.pool->isMain() || op.path[0] == 0) return true;
  if (op.code == Code::custom || op.code == Code::umount || op.code == Code::start) return true;
  const bool follows = followsLast(op.code);
  Lane* lane = op.code == Code::symlink ? nullptr : behindLinks(op.path, op.base, follows, op.queuedNs);
  if (lane == nullptr && op.dest[0] != 0) lane = behindLinks(op.dest, op.destBase, follows, op.queuedNs);
  if (lane == nullptr) return true;
  lane->pool.take(op);
  return !lane->health.isOpen();
}

}  // namespace pendingop
