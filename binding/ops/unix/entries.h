// Entries of a directory, as the kernel gives them (sys::DirectoryEntry) and as an op hands them on: names
// one after the other, each ended by a slash, which no name contains; with types, a digit before each
// (libuv's UV_DIRENT_*).
#pragma once

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "core/op.h"
#include "sys/sys.h"

namespace pendingop::ops {

inline constexpr size_t kRoomForOne = 512;  // the longest entry is 280 bytes
// How a directory is opened for its list.
inline constexpr int kToRead = O_RDONLY | O_DIRECTORY | O_NONBLOCK;

inline char typeDigit(uint8_t type) {
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

inline bool isDots(const char* name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

inline const sys::DirectoryEntry* entryAt(const Bytes& raw, size_t offset) {
  return reinterpret_cast<const sys::DirectoryEntry*>(raw.data() + offset);
}

// `digit`: the type's; 0: without types.
inline bool append(Bytes& out, const char* name, size_t length, char digit) {
  const size_t needed = out.size + length + 2;
  if (needed > out.capacity() && !out.grow(std::max<size_t>(64 * 1024, 2 * needed))) return false;
  uint8_t* to = out.data() + out.size;
  if (digit != 0) *to++ = static_cast<uint8_t>(digit);
  memcpy(to, name, length);
  to[length] = '/';
  out.size += length + (digit != 0 ? 2 : 1);
  return true;
}

}  // namespace pendingop::ops
