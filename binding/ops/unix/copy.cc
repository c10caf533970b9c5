// copyFile: by a reflink, if it is asked for and possible; else by the kernel's own copying; else through
// memory.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "core/pool.h"
#include "ops/ops.h"
#include "ops/place.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

// Node's COPYFILE_*.
constexpr int kExclusive = 1;
constexpr int kClone = 2;
constexpr int kCloneForce = 4;
constexpr size_t kChunk = 16 * 1024 * 1024;
// The chunk on a remote file system: a kernel that copies by itself asks for all pages of a chunk in one
// call.
constexpr size_t kRemoteChunk = 1024 * 1024;
constexpr size_t kThroughMemory = 256 * 1024;

int64_t copyThroughMemory(Op& op, sys::Descriptor from, sys::Descriptor to, size_t rest) {
  if (!op.scratch.grow(kThroughMemory)) return -ENOMEM;
  while (rest > 0) {
    const long got = sys::read(op, from, op.scratch.data(), std::min(rest, kThroughMemory));
    if (got <= 0) return got;
    rest -= static_cast<size_t>(got);
    for (long written = 0; written < got;) {
      const long r = sys::write(op, to, op.scratch.data() + written, static_cast<size_t>(got - written), -1);
      if (r < 0) return r;
      written += r;
      op.bytesDone.fetch_add(r, std::memory_order_relaxed);
    }
  }
  return 0;
}

// Copies as many bytes as the file's size says, as libuv does.
int64_t copyData(Op& op, sys::Descriptor from, sys::Descriptor to, size_t rest) {
  const size_t chunk = op.pool->isMain() ? kChunk : kRemoteChunk;
  while (rest > 0) {
    const long r = sys::copyRange(op, from, to, std::min(rest, chunk));
    // Some kernels and servers return 0 to say that they cannot copy.
    if (r == 0) return copyThroughMemory(op, from, to, rest);
    if (r > 0) {
      rest -= std::min(rest, static_cast<size_t>(r));
      op.bytesDone.fetch_add(r, std::memory_order_relaxed);
      continue;
    }
    // It is another file system, or one that cannot copy, or the kernel forbids it. Some of these errors come
    // in the middle of a file.
    if (r == -EXDEV || r == -EINVAL || r == -EOPNOTSUPP || r == -ENOSYS || r == -EPERM || r == -ETXTBSY ||
        r == -EIO) {
      return copyThroughMemory(op, from, to, rest);
    }
    return r;
  }
  return 0;
}

// As libuv does from 1.49 on, where `copiesOwners` of lib/node/version.ts: its times, then its owner if that
// may be.
long keepTimesAndOwner(Op& op, sys::Descriptor to, const int64_t source[kStatFields]) {
  const timespec times[2] = {{.tv_sec = source[10], .tv_nsec = source[11]},
                             {.tv_sec = source[12], .tv_nsec = source[13]}};
  long r = sys::futimes(op, to, times);
  if (r < 0) return r;
  r = sys::fchown(op, to, static_cast<uid_t>(source[3]), static_cast<gid_t>(source[4]));
  return r == -EINTR ? r : 0;
}

int64_t copyInto(Op& op, sys::Descriptor from, sys::Descriptor to, const int64_t source[kStatFields],
                 bool* same) {
  int64_t target[kStatFields];
  long r = sys::fstat(op, to, target);
  if (r < 0) return r;
  *same = target[0] == source[0] && target[7] == source[7];
  // Some file systems give all files one inode number. An empty one has at least not the content of the
  // other.
  if (*same && (target[8] != 0 || source[8] == 0)) return 0;
  if (target[8] != 0) {
    r = sys::ftruncate(op, to, 0);
    if (r < 0 && r != -EINVAL) return r;  // EINVAL: not a regular file
  }
  if (op.i1 != 0 && (r = keepTimesAndOwner(op, to, source)) < 0) return r;
  // Some file systems (CIFS) refuse although the mode is right.
  r = sys::fchmod(op, to, static_cast<unsigned>(source[1]));
  if (r < 0 && r != -EPERM) return r;
  if ((op.i0 & (kClone | kCloneForce)) != 0) {
    r = sys::clone(op, to, from);
    if (r >= 0 || (op.i0 & kCloneForce) != 0 || r == -EINTR) return r < 0 ? r : 0;
  }
  return copyData(op, from, to, static_cast<size_t>(source[8]));
}

int64_t copyFrom(Op& op, sys::Descriptor from) {
  int64_t source[kStatFields];
  long r = sys::fstat(op, from, source);
  if (r < 0) return r;
  const int flags = O_WRONLY | O_CREAT | ((op.i0 & kExclusive) != 0 ? O_EXCL : 0);
  const int64_t to = openAt(op, op.dest, op.destBase, flags, static_cast<unsigned>(source[1]));
  if (to < 0) return to;
  bool same = false;
  const int64_t result =
      closeAfter(op, sys::Descriptor(to), copyInto(op, from, sys::Descriptor(to), source, &same));
  if (result >= 0 || same) return result;
  // After an interrupt, and after a kill by another program, the half of the file stays, and the caller gets
  // the interrupt, with its effect.
  if (result == -EINTR) return result;
  // As in libuv, no half of a file is left behind. If the interrupt comes now, the stub refuses this call.
  const int64_t removed =
      inPlace(op, op.dest, op.destBase, [&op](const sys::Place& place) { return sys::unlink(op, place); });
  return removed == -EINTR ? removed : result;
}

}  // namespace

int64_t copyFile(Op& op) {
  const int64_t from = openAt(op, op.path, op.base, O_RDONLY, 0);
  if (from < 0) return from;
  const int64_t r = closeAfter(op, sys::Descriptor(from), copyFrom(op, sys::Descriptor(from)));
  if (op.failed != Step::own)
    op.failed = Step::own;  // like setResult() in run.cc: no write once the caller was told
  return r;
}

}  // namespace pendingop::ops
