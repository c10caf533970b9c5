// Dispatches an op by its code.

#include "base/errors.h"
#include "ops/ops.h"
#include "ops/place.h"
#include "sys/cached.h"
#include "sys/sys.h"

namespace pendingop {

namespace {

using ops::inPlace;
using sys::Place;

int64_t dispatch(Op& op) {
  const auto mode = static_cast<unsigned>(op.i1);
  const auto uid = static_cast<uid_t>(op.i0);
  const auto gid = static_cast<gid_t>(op.i1);
  switch (op.code) {
    case Code::open:
      return ops::open(op);
    case Code::close:
      return ops::close(op);
    case Code::read:
    case Code::readv:
      return ops::read(op);
    case Code::write:
      return ops::write(op);
    case Code::writev:
      return ops::writev(op);
    case Code::stat:
      return ops::stat(op);
    case Code::lstat:
      return ops::lstat(op);
    case Code::fstat:
      return ops::fstat(op);
    case Code::statfs:
      return ops::statfs(op);
    case Code::access:
      return sys::access(op, op.path, op.i0);
    case Code::readdir:
      return ops::readdir(op);
    case Code::opendir:
      return ops::opendir(op);
    case Code::dirread:
      return ops::dirread(op);
    case Code::scan:
      return ops::scan(op);
    case Code::readFile:
      return ops::readFile(op);
    case Code::writeFile:
      return ops::writeFile(op);
    case Code::mkdir:
      return inPlace(op, [&](const Place& place) { return sys::mkdir(op, place, mode); });
    case Code::mkdirp:
      return ops::mkdirp(op);
    case Code::mkdtemp:
      return ops::mkdtemp(op);
    case Code::rmdir:
      return inPlace(op, [&](const Place& place) { return sys::rmdir(op, place); });
    case Code::unlink:
      return inPlace(op, [&](const Place& place) { return sys::unlink(op, place); });
    case Code::rename:
      return sys::rename(op, op.path, op.dest);
    case Code::link:
      return sys::link(op, op.path, op.dest);
    case Code::symlink:
      return ops::symlink(op);
    case Code::readlink:
      return ops::readlink(op);
    case Code::realpath:
      return ops::realpath(op);
    case Code::chmod:
      return inPlace(op, [&](const Place& place) { return sys::chmod(op, place, mode); });
    case Code::fchmod:
      return sys::fchmod(op, op.fd, mode);
    case Code::chown:
      return sys::chown(op, op.path, true, uid, gid);
    case Code::lchown:
      return sys::chown(op, op.path, false, uid, gid);
    case Code::fchown:
      return sys::fchown(op, op.fd, uid, gid);
    case Code::utimes:
      return ops::utimes(op);
    case Code::lutimes:
      return ops::lutimes(op);
    case Code::futimes:
      return ops::futimes(op);
    case Code::truncate:
      return ops::truncate(op);
    case Code::ftruncate:
      return sys::ftruncate(op, op.fd, static_cast<int64_t>(op.d0));
    case Code::fsync:
      return sys::fsync(op, op.fd);
    case Code::fdatasync:
      return sys::fdatasync(op, op.fd);
    case Code::copyFile:
      return ops::copyFile(op);
    case Code::lock:
      return ops::lock(op);
    case Code::umount:
      return sys::umount(op, op.path);
    case Code::start:
      return ops::start(op);
    case Code::watch:
      return ops::watch(op);
    case Code::unwatch:
      return ops::unwatch(op);
    case Code::custom:
      return ops::custom(op);
    case Code::count:
      break;
  }
  return -ENOSYS;
}

// After settleInterrupted() the environment's thread may be reading the result, so an equal result is not
// written again.
void setResult(Op& op, int64_t result) {
  if (op.result != result) op.result = result;
}

// Notes what core/inline.h learns from.
void runWatched(Op& op) {
  const int64_t before = sys::sleepsOfThread();
  const int64_t result = dispatch(op);
  const sys::Descriptor fd = op.code == Code::open ? sys::Descriptor(result) : op.fd;
  const bool isKnown = op.code == Code::readFile || (result >= 0 && sys::fstat(op, fd, op.numbers) == 0);
  op.slept = !isKnown || sys::sleepsOfThread() != before;
  setResult(op, result);
}

}  // namespace

void runOp(Op& op) {
  if (op.isWatched &&
      op.code != Code::close)  // a watched open may have become a close: Client::closeUnseen()
    runWatched(op);
  else
    setResult(op, dispatch(op));
  // Functions of sys/ return -EINTR only if the op was interrupted.
  op.stopped = op.result == -EINTR;
}

void discardResult(Op& op) {
  if (makesDescriptor(op.code) && op.result >= 0) sys::close(op, sys::Descriptor(op.result));
}

namespace ops {

int64_t failedAt(Op& op, Step step, int64_t result) {
  if (result < 0) op.failed = step;
  return result;
}

int64_t closeAfter(Op& op, sys::Descriptor fd, int64_t result) {
  if (result == -EINTR) {
    setResult(op, result);
    settleInterrupted(op);
  }
  const long closed = sys::close(op, fd);
  return result >= 0 && closed < 0 ? failedAt(op, Step::close, closed) : result;
}

}  // namespace ops
}  // namespace pendingop
