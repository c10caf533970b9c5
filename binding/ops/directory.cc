// Reading directories. The names come out one after the other, each followed by a slash, which no name
// contains. With types, a digit stands before each name (libuv's UV_DIRENT_*).
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "ops/ops.h"
#include "ops/place.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

constexpr size_t kRoomForOne = 512;  // the longest entry has 280 bytes
constexpr int kOpenFlags = O_RDONLY | O_DIRECTORY | O_NONBLOCK;

char typeDigit(uint8_t type) {
  switch (type) {
    case DT_REG:
      return '1';
    case DT_DIR:
      return '2';
    case DT_LNK:
      return '3';
    case DT_FIFO:
      return '4';
    case DT_SOCK:
      return '5';
    case DT_CHR:
      return '6';
    case DT_BLK:
      return '7';
    default:
      return '0';
  }
}

bool isDots(const char* name) { return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0)); }

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

const sys::DirectoryEntry* entryAt(const Bytes& raw, size_t offset) {
  return reinterpret_cast<const sys::DirectoryEntry*>(raw.data() + offset);
}

// Reads all entries of the directory, raw, into `scratch`.
int64_t readAll(Op& op, int fd) {
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

bool append(Bytes& out, const sys::DirectoryEntry& entry, size_t length, bool withTypes) {
  const size_t needed = out.size + length + 2;
  if (needed > out.capacity() && !out.grow(std::max<size_t>(64 * 1024, 2 * needed))) return false;
  uint8_t* to = out.data() + out.size;
  if (withTypes) *to++ = static_cast<uint8_t>(typeDigit(entry.type));
  memcpy(to, entry.name, length);
  to[length] = '/';
  out.size += length + 1 + (withTypes ? 1 : 0);
  return true;
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
    if (!append(op.output, *entryAt(raw, keys[i].offset), keys[i].length, withTypes)) return -ENOMEM;
  }
  return static_cast<int64_t>(count);
}

}  // namespace

int64_t readdir(Op& op) {
  const int64_t fd = openAt(op, op.path, op.base, kOpenFlags, 0);
  if (fd < 0) return fd;
  const int64_t r = readAll(op, static_cast<int>(fd));
  return closeAfter(op, static_cast<int>(fd), r < 0 ? r : list(op, op.i0 != 0));
}

int64_t opendir(Op& op) {
  const int64_t fd = openAt(op, op.path, op.base, op.i0 == kOpensForPlaces ? sys::kForPlaces : kOpenFlags, 0);
  if (fd < 0 || op.i0 != kOpensListed) return fd;
  int64_t r = readAll(op, static_cast<int>(fd));
  if (r >= 0) r = list(op, true);
  return r < 0 ? closeAfter(op, static_cast<int>(fd), r) : fd;
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
      if (!append(op.output, entry, strlen(entry.name), true)) return -ENOMEM;
      count++;
    }
    if (count > 0) return count;
  }
  return 0;
}

}  // namespace pendingop::ops
