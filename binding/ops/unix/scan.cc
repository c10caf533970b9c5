// The entries of a directory, each with what stat() knows of it: what a walk asks for, in one op where it
// would be one and one for each entry. A path is opened, listed and closed; a descriptor gives its next
// entries.
//
// The output: if they were asked for, the numbers of the entries (sys/statx.h), the kStatFields of one entry
// after those of the other; then a byte for the type of each (libuv's UV_DIRENT_*); then the names. An entry
// whose stat() failed has 0 for a mode, which no file has, and -errno for a size.
#include <errno.h>
#include <sys/stat.h>

#include <cstring>

#include "ops/ops.h"
#include "ops/place.h"
#include "ops/scan_row.h"
#include "ops/unix/entries.h"

namespace pendingop::ops {

namespace {

// glibc's readdir() reads as much at a time.
constexpr size_t kAtOnce = 32 * 1024;

// What is at the end of a link; of a link that leads nowhere, the link.
long look(Op& op, sys::Descriptor directory, const char* name, bool followLinks,
          int64_t (&numbers)[kStatFields]) {
  const sys::Place place(name, name, directory, followLinks);
  long r = sys::stat(op, place, followLinks, numbers);
  if (r < 0 && r != -EINTR && followLinks) r = sys::stat(op, place, false, numbers);
  return r;
}

// Puts the entries of op.scratch into the output, `count` of them.
int64_t describe(Op& op, sys::Descriptor directory, size_t count) {
  const bool withNumbers = (op.i0 & kScansNumbers) != 0;
  const bool followLinks = (op.i0 & kScansFollow) != 0;
  Bytes& out = op.output;
  const size_t rowsSize = withNumbers ? count * sizeof(Row) : 0;
  // The names are no longer than the raw entries are, types and slashes included.
  if (!out.grow(rowsSize + op.scratch.size)) return -ENOMEM;
  auto* const rows = reinterpret_cast<Row*>(out.data());
  uint8_t* types = out.data() + rowsSize;
  out.size = rowsSize + count;
  size_t index = 0;
  for (size_t at = 0; at < op.scratch.size; at += entryAt(op.scratch, at)->length) {
    const sys::DirectoryEntry& entry = *entryAt(op.scratch, at);
    if (isDots(entry.name)) continue;
    uint8_t type = entry.type;
    if (withNumbers || type == DT_UNKNOWN) {
      int64_t numbers[kStatFields];
      const long r = look(op, directory, entry.name, followLinks, numbers);
      if (r == -EINTR) return r;
      if (r == 0) type = static_cast<uint8_t>(IFTODT(numbers[kStatMode]));
      if (withNumbers) toRow(r, numbers, rows[index]);
    }
    *types++ = static_cast<uint8_t>(typeDigit(type) - '0');
    if (!append(out, entry.name, strlen(entry.name), 0)) return -ENOMEM;
    index++;
  }
  return static_cast<int64_t>(count);
}

// Reads entries behind those that op.scratch has, up to kAtOnce in all. Whether these were the last ones.
int64_t readSome(Op& op, sys::Descriptor directory) {
  Bytes& raw = op.scratch;
  while (kAtOnce - raw.size >= kRoomForOne) {
    const long r = sys::readDirectory(op, directory, raw.data() + raw.size, kAtOnce - raw.size);
    if (r < 0) return r;
    if (r == 0) return 1;
    raw.size += static_cast<size_t>(r);
  }
  return 0;
}

size_t countEntries(const Bytes& raw) {
  size_t count = 0;
  for (size_t at = 0; at < raw.size; at += entryAt(raw, at)->length) {
    if (!isDots(entryAt(raw, at)->name)) count++;
  }
  return count;
}

int64_t scanOpen(Op& op, sys::Descriptor directory, bool whole) {
  const int64_t r = readSome(op, directory);
  if (r < 0) return r;
  const size_t count = countEntries(op.scratch);
  // Too many for one op: who asked goes on with a descriptor.
  if (whole && r == 0) return static_cast<int64_t>(count);
  return describe(op, directory, count);
}

}  // namespace

int64_t scan(Op& op) {
  op.scratch.size = op.output.size = 0;
  if (!op.scratch.grow(kAtOnce)) return -ENOMEM;
  if (op.fd >= 0) return scanOpen(op, op.fd, false);
  const int64_t fd = openAt(op, op.path, op.base, kToRead, 0);
  if (fd < 0) return fd;
  return closeAfter(op, sys::Descriptor(fd), scanOpen(op, sys::Descriptor(fd), true));
}

}  // namespace pendingop::ops
