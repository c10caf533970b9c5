// Reading directories: see ops/unix/directory.cc for what comes out.
#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/errors.h"
#include "ops/ops.h"
#include "sys/windows/call.h"
#include "sys/windows/directories.h"

namespace pendingop::ops {

namespace {

bool append(Bytes& out, const sys::uv::Entry& entry, bool withType) {
  const size_t length = strlen(entry.name);
  const size_t needed = out.size + length + 2;
  if (needed > out.capacity() && !out.grow(std::max<size_t>(64 * 1024, 2 * needed))) return false;
  uint8_t* to = out.data() + out.size;
  if (withType) *to++ = static_cast<uint8_t>('0' + entry.type);
  memcpy(to, entry.name, length);
  to[length] = '/';
  out.size += length + 1 + (withType ? 1 : 0);
  return true;
}

// In libuv's order, which is the file system's.
int64_t list(Op& op, bool withTypes) {
  return sys::call(op, Call::getdents, sys::kReads, [&]() -> long {
    sys::Request request;
    const long r = request.run(sys::uv::fs::scandir, op.path, 0);
    if (r < 0) return r;
    op.output.size = 0;
    long count = 0;
    for (sys::uv::Entry entry; sys::uv::nextEntry(request.get(), &entry) != sys::uv::kEnd; count++)
      if (!append(op.output, entry, withTypes)) return -ENOMEM;
    return count;
  });
}

}  // namespace

int64_t readdir(Op& op) { return list(op, op.i0 != 0); }

int64_t opendir(Op& op) {
  const int64_t fd = sys::openDirectory(op, op.path);
  if (fd < 0 || op.i0 != kOpensListed) return fd;
  const int64_t r = list(op, true);
  return r < 0 ? closeAfter(op, sys::Descriptor(fd), r) : fd;
}

int64_t dirread(Op& op) {
  sys::uv::Directory* const directory = sys::directoryOf(op.fd);
  if (directory == nullptr) return -EBADF;
  std::vector<sys::uv::Entry> entries(static_cast<size_t>(std::clamp(op.i0, 1, 1024)));
  return sys::call(op, Call::getdents, sys::kReads, [&]() -> long {
    directory->entries = entries.data();
    directory->count = entries.size();
    sys::Request request;
    const long r = request.run(sys::uv::fs::readdir, directory);
    for (long i = 0; i < r; i++)
      if (!append(op.output, entries[static_cast<size_t>(i)], true)) return -ENOMEM;
    return r;
  });
}

}  // namespace pendingop::ops
