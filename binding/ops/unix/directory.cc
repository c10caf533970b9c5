// Reading directories: ops/unix/entries.h says how their entries come out.
#include <errno.h>
#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "ops/ops.h"
#include "ops/place.h"
#include "ops/unix/entries.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

// An entry of `scratch`, for sorting as strcmp does: the first eight bytes of its name as a number, and its
// place.
struct Key {
  uint64_t prefix;
  uint32_t offset;
  uint32_t length;
};

uint64_t prefixOf(const char* name, size_t length) {
  uint64_t prefix = 0;
  memcpy(&prefix, name, std::min(length, sizeof prefix));
  return __builtin_bswap64(prefix);
}

// Reads all entries of the directory, raw, into `scratch`.
int64_t readAll(Op& op, sys::Descriptor fd) {
  Bytes& raw = op.scratch;
  raw.size = 0;
  for (;;) {
    if (raw.capacity() - raw.size < kRoomForOne && !raw.grow(std::max<size_t>(64 * 1024, 4 * raw.capacity())))
      return -ENOMEM;
    const long r = sys::readDirectory(op, fd, raw.data() + raw.size, raw.capacity() - raw.size);
    if (r <= 0) return r;
    raw.size += static_cast<size_t>(r);
  }
}

// Sorts as scandir with strcmp does, which is the order that Node returns.
int64_t list(Op& op, bool withTypes) {
  Bytes& raw = op.scratch;
  const size_t end = raw.size;
  size_t count = 0;
  for (size_t at = 0; at < end; at += entryAt(raw, at)->length) count++;
  const size_t keysAt = (end + alignof(Key) - 1) / alignof(Key) * alignof(Key);
  if (!raw.grow(keysAt + count * sizeof(Key))) return -ENOMEM;
  Key* const keys = reinterpret_cast<Key*>(raw.data() + keysAt);
  count = 0;
  for (size_t at = 0; at < end; at += entryAt(raw, at)->length) {
    const char* name = entryAt(raw, at)->name;
    if (isDots(name)) continue;
    const size_t length = strlen(name);
    keys[count++] = {prefixOf(name, length), static_cast<uint32_t>(at), static_cast<uint32_t>(length)};
  }
  std::sort(keys, keys + count, [&raw](const Key& a, const Key& b) {
    return a.prefix != b.prefix ? a.prefix < b.prefix
                                : strcmp(entryAt(raw, a.offset)->name, entryAt(raw, b.offset)->name) < 0;
  });
  for (size_t i = 0; i < count; i++) {
    const sys::DirectoryEntry& entry = *entryAt(raw, keys[i].offset);
    const char digit = withTypes ? typeDigit(entry.type) : '\0';
    if (!append(op.output, entry.name, keys[i].length, digit)) return -ENOMEM;
  }
  return static_cast<int64_t>(count);
}

}  // namespace

int64_t readdir(Op& op) {
  const int64_t fd = openAt(op, op.path, op.base, kToRead, 0);
  if (fd < 0) return fd;
  const int64_t r = readAll(op, sys::Descriptor(fd));
  return closeAfter(op, sys::Descriptor(fd), r < 0 ? r : list(op, op.i0 != 0));
}

int64_t opendir(Op& op) {
  const int64_t fd = openAt(op, op.path, op.base, op.i0 == kOpensForPlaces ? sys::kForPlaces : kToRead, 0);
  if (fd < 0 || op.i0 != kOpensListed) return fd;
  int64_t r = readAll(op, sys::Descriptor(fd));
  if (r >= 0) r = list(op, true);
  return r < 0 ? closeAfter(op, sys::Descriptor(fd), r) : fd;
}

int64_t dirread(Op& op) {
  Bytes& raw = op.scratch;
  if (!raw.grow(std::clamp<size_t>(static_cast<size_t>(op.i0) * 64, 1024, 32 * 1024))) return -ENOMEM;
  // "." and ".." may come alone.
  for (int64_t count = 0; count == 0;) {
    const long r = sys::readDirectory(op, op.fd, raw.data(), raw.capacity());
    if (r <= 0) return r;
    for (size_t at = 0; at < static_cast<size_t>(r); at += entryAt(raw, at)->length) {
      const sys::DirectoryEntry& entry = *entryAt(raw, at);
      if (isDots(entry.name)) continue;
      if (!append(op.output, entry.name, strlen(entry.name), typeDigit(entry.type))) return -ENOMEM;
      count++;
    }
    if (count > 0) return count;
  }
  return 0;
}

}  // namespace pendingop::ops
