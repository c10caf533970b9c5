// The entries of a directory, each with what stat() knows of it: see ops/unix/scan.cc for what comes out. One
// of a path is never too long for one op, so nobody goes on with a descriptor.
#include <cstring>
#include <string>
#include <vector>

#include "base/errors.h"
#include "ops/ops.h"
#include "ops/scan_row.h"
#include "sys/sys.h"
#include "sys/windows/call.h"

namespace pendingop::ops {

namespace {

struct Found {
  std::string name;
  uint8_t type;
};

// libuv's UV_DIRENT_*, of what lstat() and stat() tell apart there.
uint8_t typeOf(int64_t mode) {
  if (S_ISREG(mode)) return 1;
  if (S_ISDIR(mode)) return 2;
  return S_ISLNK(mode) ? 3 : 0;
}

int64_t describe(Op& op, const std::vector<Found>& entries) {
  const bool withNumbers = (op.i0 & kScansNumbers) != 0;
  const bool followLinks = (op.i0 & kScansFollow) != 0;
  const size_t rowsSize = withNumbers ? entries.size() * sizeof(Row) : 0;
  size_t size = rowsSize + entries.size();
  for (const Found& entry : entries) size += entry.name.size() + 1;
  Bytes& out = op.output;
  if (!out.grow(size)) return -ENOMEM;
  auto* row = reinterpret_cast<Row*>(out.data());
  uint8_t* types = out.data() + rowsSize;
  uint8_t* names = types + entries.size();
  for (const Found& entry : entries) {
    uint8_t type = entry.type;
    if (withNumbers || type == 0) {
      const std::string path = std::string(op.path) + '\\' + entry.name;
      int64_t numbers[kStatFields];
      long r = sys::stat(op, path.c_str(), followLinks, numbers);
      if (r < 0 && r != -EINTR && followLinks) r = sys::stat(op, path.c_str(), false, numbers);
      if (r == -EINTR) return r;
      if (r == 0) type = typeOf(numbers[kStatMode]);
      if (withNumbers) toRow(r, numbers, *row++);
    }
    *types++ = type;
    memcpy(names, entry.name.data(), entry.name.size());
    names += entry.name.size();
    *names++ = '/';
  }
  out.size = size;
  return static_cast<int64_t>(entries.size());
}

}  // namespace

int64_t scan(Op& op) {
  if (op.fd >= 0) return -ENOSYS;
  op.output.size = 0;
  std::vector<Found> entries;
  const int64_t r = sys::call(op, Call::getdents, sys::kReads, [&]() -> long {
    sys::Request request;
    entries.clear();
    const long found = request.run(sys::uv::fs::scandir, op.path, 0);
    for (sys::uv::Entry entry; found >= 0 && sys::uv::nextEntry(request.get(), &entry) != sys::uv::kEnd;)
      entries.push_back({entry.name, static_cast<uint8_t>(entry.type)});
    return found;
  });
  return r < 0 ? r : describe(op, entries);
}

}  // namespace pendingop::ops
