// Directories that need more than one call: mkdir with `recursive`, mkdtemp.
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include <cstring>

#include "ops/ops.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

bool setOutput(Op& op, const char* text, size_t length) {
  op.output.size = 0;
  if (!op.output.grow(length)) return false;
  memcpy(op.output.data(), text, length);
  op.output.size = length;
  return true;
}

// Returns why a directory could not be made; 0: it exists.
int64_t whatIs(Op& op, const char* path, bool above) {
  int64_t fields[kStatFields];
  const long r = sys::stat(op, path, true, fields);
  if (r == 0 && S_ISDIR(fields[1])) return 0;
  if (r == -EINTR) return r;
  if (above) return -ENOTDIR;
  return r < 0 ? r : -EEXIST;
}

// Returns the length of the path's parent: up to the last slash before `end`; 0: there is no parent.
size_t parentEnd(const char* path, size_t end) {
  while (end > 0 && path[end - 1] != '/') end--;
  return end > 1 ? end - 1 : 0;
}

}  // namespace

// Goes upwards slash by slash until a mkdir succeeds or the directory exists, then down again. The output is
// the first directory that was made, or the part of the path that failed.
int64_t mkdirp(Op& op) {
  const size_t length = strlen(op.path);
  if (!op.scratch.grow(length + 1)) return -ENOMEM;
  char* path = reinterpret_cast<char*>(op.scratch.data());
  memcpy(path, op.path, length + 1);
  const auto mode = static_cast<unsigned>(op.i1);
  // Some versions of Node answer ENOSPC by looking at what exists there (lib/node/version.ts).
  const bool looksWhenFull = op.i0 != 0;
  const auto failed = [&](size_t end, int64_t result) {
    return end == length || setOutput(op, op.path, end) ? result : -ENOMEM;
  };

  size_t end = length;
  size_t made = 0;
  for (;;) {
    path[end] = 0;
    const long r = sys::mkdir(op, path, mode);
    if (r == 0) {
      if (made == 0) made = end;
    } else if (r == -ENOENT && made == 0) {
      const size_t above = parentEnd(op.path, end);
      if (above == 0) return failed(end, r);
      end = above;
      continue;
    } else if (r == -EINTR || r == -EACCES || (r == -ENOSPC && !looksWhenFull) || r == -ENOTDIR ||
               r == -EPERM) {
      return failed(end, r);
    } else if (const int64_t other = whatIs(op, path, r == -EEXIST && end < length); other != 0) {
      return failed(end, other);
    }
    if (end == length) break;
    const size_t from = end;  // down by one name: past the slashes, to the next one
    while (op.path[end] == '/') end++;
    while (op.path[end] != '/' && op.path[end] != 0) end++;
    memcpy(path + from, op.path + from, end - from);
  }
  return made == 0 || setOutput(op, op.path, made) ? 0 : -ENOMEM;
}

// The output is the name of the directory; after a failure, the letters that were tried last.
int64_t mkdtemp(Op& op) {
  static const char kLetters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr size_t kRandom = 6;
  const size_t length = strlen(op.path);
  if (!op.scratch.grow(length + kRandom + 1)) return -ENOMEM;
  char* path = reinterpret_cast<char*>(op.scratch.data());
  memcpy(path, op.path, length);
  const bool fits = length + kRandom < PATH_MAX;
  long r = -EEXIST;
  for (int tries = 0; tries < 100 && r == -EEXIST; tries++) {
    uint32_t random[kRandom];
    r = sys::random(random, sizeof random);
    if (r < 0) return r;
    for (size_t i = 0; i < kRandom; i++) path[length + i] = kLetters[random[i] % (sizeof kLetters - 1)];
    path[length + kRandom] = 0;
    r = fits ? sys::mkdir(op, path, 0700) : -ENAMETOOLONG;
  }
  const size_t from = r < 0 ? length : 0;
  return setOutput(op, path + from, length + kRandom - from) ? r : -ENOMEM;
}

}  // namespace pendingop::ops
