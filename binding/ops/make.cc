// Directories made with more than one call: mkdir with `recursive`, mkdtemp.
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

// What is in the way of a directory. 0: a directory.
int64_t whatIs(Op& op, const char* path, bool wantedAbove) {
  int64_t fields[kStatFields];
  const long r = sys::stat(op, path, true, fields);
  if (r < 0) return r;
  if (S_ISDIR(fields[1])) return 0;
  return wantedAbove ? -ENOTDIR : -EEXIST;
}

// Where the name before `end` starts, without the slashes before it; 0 when nothing is above.
size_t parentEnd(const char* path, size_t end) {
  while (end > 0 && path[end - 1] != '/') end--;
  while (end > 1 && path[end - 1] == '/') end--;
  return end;
}

}  // namespace

// Upwards until a mkdir works or its directory is there, then down again. The output is the first directory made.
int64_t mkdirp(Op& op) {
  const size_t length = strlen(op.path);
  if (!op.scratch.grow(length + 1)) return -ENOMEM;
  char* path = reinterpret_cast<char*>(op.scratch.data());
  memcpy(path, op.path, length + 1);
  const auto mode = static_cast<unsigned>(op.i1);
  size_t full = length;
  while (full > 1 && path[full - 1] == '/') full--;
  path[full] = 0;

  size_t end = full;
  size_t made = 0;
  for (;;) {
    path[end] = 0;
    const long r = sys::mkdir(op, path, mode);
    if (r == 0) {
      if (made == 0) made = end;
    } else if (r == -ENOENT && made == 0) {
      const size_t above = parentEnd(path, end);
      if (above == 0 || above == end) return r;
      end = above;
      continue;
    } else if (r == -EINTR || r == -EACCES || r == -ENOSPC || r == -ENOTDIR || r == -EPERM) {
      return r;
    } else if (const int64_t other = whatIs(op, path, end < full); other != 0) {
      return other;
    }
    if (end == full) break;
    path[end] = op.path[end];  // down by one name: past the slashes, to the next one
    while (end < full && path[end] == '/') end++;
    while (end < full && path[end] != '/' && path[end] != 0) end++;
  }
  if (made == full) made = length;  // as the caller wrote it
  return made == 0 || setOutput(op, op.path, made) ? 0 : -ENOMEM;
}

int64_t mkdtemp(Op& op) {
  static const char kLetters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  constexpr size_t kRandom = 6;
  const size_t length = strlen(op.path);
  if (!op.scratch.grow(length + kRandom + 1)) return -ENOMEM;
  char* path = reinterpret_cast<char*>(op.scratch.data());
  memcpy(path, op.path, length);
  long r = -EEXIST;
  for (int tries = 0; tries < 100 && r == -EEXIST; tries++) {
    uint32_t random[kRandom];
    sys::random(random, sizeof random);
    for (size_t i = 0; i < kRandom; i++) path[length + i] = kLetters[random[i] % (sizeof kLetters - 1)];
    path[length + kRandom] = 0;
    r = sys::mkdir(op, path, 0700);
  }
  if (r < 0) memcpy(path + length, "XXXXXX", kRandom);  // the error shows the template
  return setOutput(op, path, length + kRandom) ? r : -ENOMEM;
}

}  // namespace pendingop::ops
