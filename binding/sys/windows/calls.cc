// Windows: libuv's functions, as the Node that has loaded the addon has them.
#include <algorithm>

#include "base/errors.h"
#include "sys/sys.h"
#include "sys/windows/call.h"
#include "sys/windows/directories.h"

// RtlGenRandom
extern "C" __declspec(dllimport) unsigned char __stdcall SystemFunction036(void* buffer, unsigned long size);

namespace pendingop::sys {

long open(Calling& op, const Place& place, int flags, unsigned mode) {
  return callFs(op, Call::openat, (flags & (O_CREAT | O_TRUNC)) != 0 ? kChanges : kReads, uv::fs::open,
                place.path, flags, static_cast<int>(mode));
}

long start(Calling&, const char*) { return -ENOSYS; }

// Nothing cancels a close. libuv's: the descriptor is a number of the C library that is inside node.exe.
long close(Calling& op, Descriptor fd) {
  noteCall(op, Call::close);
  return closeNow(fd);
}

long closeNow(Descriptor fd) {
  return isDirectory(fd) ? closeDirectory(fd) : Request().run(uv::fs::close, fd);
}

namespace {

long readAt(Calling& op, Call name, Descriptor fd, void* data, size_t size, int64_t position) {
  const uv::Buffer buffer{static_cast<uint32_t>(size), data};
  return callFs(op, name, kReads, uv::fs::read, fd, &buffer, 1u, position);
}

}  // namespace

long read(Calling& op, Descriptor fd, void* buffer, size_t size) {
  return readAt(op, Call::read, fd, buffer, size, -1);
}

long pread(Calling& op, Descriptor fd, void* buffer, size_t size, int64_t position) {
  return readAt(op, Call::pread, fd, buffer, size, position);
}

long write(Calling& op, Descriptor fd, const void* data, size_t size, int64_t position) {
  const uv::Buffer buffer{static_cast<uint32_t>(size), const_cast<void*>(data)};
  return callFs(op, position == -1 ? Call::write : Call::pwrite, kChanges, uv::fs::write, fd, &buffer, 1u,
                position);
}

bool livesInMemory(Descriptor) { return false; }

long preadCached(Calling&, Descriptor, void*, size_t, int64_t) { return -EAGAIN; }

namespace {

// As Node's FillStatsArray: seconds without a sign, which reach beyond 2038.
void toFields(const uv::Status& s, int64_t f[kStatFields]) {
  const uint64_t numbers[] = {s.device,        s.mode,      s.links, s.user, s.group,
                              s.specialDevice, s.blockSize, s.inode, s.size, s.blocks};
  std::copy(std::begin(numbers), std::end(numbers), f);
  int at = 10;
  for (const uv::Time& time : {s.accessed, s.modified, s.changed, s.born}) {
    f[at++] = static_cast<uint32_t>(time.seconds);
    f[at++] = time.nanoseconds;
  }
}

template <typename Function, typename What>
long status(Calling& op, Function function, What what, int64_t fields[kStatFields]) {
  return call(op, Call::statx, kReads, [&]() -> long {
    Request request;
    const long r = request.run(function, what);
    if (r == 0) toFields(*uv::statusOf(request.get()), fields);
    return r;
  });
}

}  // namespace

long stat(Calling& op, const Place& place, bool followLinks, int64_t fields[kStatFields]) {
  return status(op, followLinks ? uv::fs::stat : uv::fs::lstat, place.path, fields);
}

long fstat(Calling& op, Descriptor fd, int64_t fields[kStatFields]) {
  return status(op, uv::fs::fstat, fd, fields);
}

long statfs(Calling& op, const char* path, int64_t f[8]) {
  return call(op, Call::statfs, kReads, [&]() -> long {
    Request request;
    const long r = request.run(uv::fs::statfs, path);
    if (r < 0) return r;
    const auto& s = *static_cast<const uv::FileSystem*>(uv::pointerOf(request.get()));
    const uint64_t numbers[] = {s.type,      s.blockSize, s.blocks,    s.free,
                                s.available, s.files,     s.freeFiles, s.fragmentSize};
    std::copy(std::begin(numbers), std::end(numbers), f);
    return 0;
  });
}

long access(Calling& op, const char* path, int mode) {
  return callFs(op, Call::faccessat, kReads, uv::fs::access, path, mode);
}

long mkdir(Calling& op, const Place& place, unsigned mode) {
  return callFs(op, Call::mkdirat, kChanges, uv::fs::mkdir, place.path, static_cast<int>(mode));
}

long rmdir(Calling& op, const Place& place) {
  return callFs(op, Call::unlinkat, kChanges, uv::fs::rmdir, place.path);
}

long unlink(Calling& op, const Place& place) {
  return callFs(op, Call::unlinkat, kChanges, uv::fs::unlink, place.path);
}

long rename(Calling& op, const char* from, const char* to) {
  return callFs(op, Call::renameat, kChanges, uv::fs::rename, from, to);
}

long link(Calling& op, const char* existing, const char* path) {
  return callFs(op, Call::linkat, kChanges, uv::fs::link, existing, path);
}

long symlink(Calling& op, const char* target, const Place& place, int type) {
  return callFs(op, Call::symlinkat, kChanges, uv::fs::symlink, target, place.path, type);
}

long chmod(Calling& op, const Place& place, unsigned mode) {
  return callFs(op, Call::fchmodat, kChanges, uv::fs::chmod, place.path, static_cast<int>(mode));
}

long fchmod(Calling& op, Descriptor fd, unsigned mode) {
  return callFs(op, Call::fchmod, kChanges, uv::fs::fchmod, fd, static_cast<int>(mode));
}

// libuv changes nothing there; its ids are bytes.
long chown(Calling& op, const char* path, bool followLinks, uid_t uid, gid_t gid) {
  return callFs(op, Call::fchownat, kReads, followLinks ? uv::fs::chown : uv::fs::lchown, path,
                static_cast<unsigned char>(uid), static_cast<unsigned char>(gid));
}

long fchown(Calling& op, Descriptor fd, uid_t uid, gid_t gid) {
  return callFs(op, Call::fchown, kReads, uv::fs::fchown, fd, static_cast<unsigned char>(uid),
                static_cast<unsigned char>(gid));
}

long ftruncate(Calling& op, Descriptor fd, int64_t size) {
  return callFs(op, Call::ftruncate, kChanges, uv::fs::ftruncate, fd, size);
}

long fsync(Calling& op, Descriptor fd) { return callFs(op, Call::fsync, kTakes, uv::fs::fsync, fd); }

long fdatasync(Calling& op, Descriptor fd) {
  return callFs(op, Call::fdatasync, kTakes, uv::fs::fdatasync, fd);
}

long umount(Calling&, const char*) { return -ENOSYS; }

long addWatch(Calling&, Descriptor, const char*) { return -ENOSYS; }
long removeWatch(Calling&, Descriptor, int) { return -ENOSYS; }

long systemCall(Calling&, long, const long (&)[6], bool) { return -ENOSYS; }

long random(void* buffer, size_t size) {
  return SystemFunction036(buffer, static_cast<unsigned long>(size)) != 0 ? 0 : -EIO;
}

}  // namespace pendingop::sys
