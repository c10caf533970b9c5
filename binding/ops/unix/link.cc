// Symbolic links, and realpath.
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include <cstring>

#include "ops/ops.h"
#include "ops/place.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

constexpr int kMostLinks = 40;  // the kernel's own limit

// Resolves a path name by name. `known` is the resolved part, `rest` the names that are still to come.
class Resolver {
 public:
  // `rest` may be longer than any path that the kernel takes: it is taken name by name.
  Resolver(Op& op, char* memory, size_t pathLength)
      : op_(op),
        known_(memory),
        link_(memory + PATH_MAX),
        start_(memory + 2 * PATH_MAX),
        rest_(start_),
        restSize_(pathLength + PATH_MAX) {}
  static size_t memoryFor(size_t pathLength) { return pathLength + 3 * PATH_MAX; }

  int64_t run(const char* path) {
    restLength_ = strlen(path);
    if (restLength_ == 0) return -ENOENT;
    memcpy(rest_, path, restLength_ + 1);
    if (rest_[0] == '/') {
      knownLength_ = 0;
    } else {
      const long r = sys::workingDirectory(op_, known_, PATH_MAX);
      if (r < 0) return r;
      if (known_[0] != '/') return -ENOENT;  // "(unreachable)": the directory is outside of the root
      knownLength_ = strlen(known_);
      if (knownLength_ == 1) knownLength_ = 0;  // "/"
    }
    for (int64_t r = 1; r > 0;) {
      r = step();
      if (r < 0) return r;
    }
    if (knownLength_ == 0) known_[knownLength_++] = '/';
    return static_cast<int64_t>(knownLength_);
  }

 private:
  // Resolves one name of `rest`. Returns 0 at the end.
  int64_t step() {
    size_t at = 0;
    while (rest_[at] == '/') at++;
    const size_t begin = at;
    while (rest_[at] != 0 && rest_[at] != '/') at++;
    const size_t length = at - begin;
    const char* name = rest_ + begin;
    if (length == 0) return 0;
    const bool dot = length == 1 && name[0] == '.';
    const bool dots = length == 2 && name[0] == '.' && name[1] == '.';
    if (dots) {
      while (knownLength_ > 0 && known_[--knownLength_] != '/') {
      }
    }
    if (dot || dots) return consume(at);

    const size_t before = knownLength_;
    if (before + 1 + length >= PATH_MAX) return -ENAMETOOLONG;
    known_[knownLength_++] = '/';
    memcpy(known_ + knownLength_, name, length);
    knownLength_ += length;
    known_[knownLength_] = 0;
    const long r = sys::readlink(op_, known_, link_, PATH_MAX);
    if (r == -EINVAL) {
      const int64_t right = isDirectoryIfNeeded(at);
      return right < 0 ? right : consume(at);
    }
    if (r < 0) return r;
    return follow(static_cast<size_t>(r), before, at);
  }

  int64_t consume(size_t at) {
    rest_ += at;
    restLength_ -= at;
    return 1;
  }

  // If a slash follows a name, it has to be a directory's. The look-up of a next name would find that out;
  // those of ".", ".." and nothing would not.
  int64_t isDirectoryIfNeeded(size_t at) {
    if (rest_[at] == 0) return 0;
    const size_t next = at + strspn(rest_ + at, "/");
    if (rest_[next] != 0 && rest_[next] != '.') return 0;
    int64_t fields[kStatFields];
    const long r = sys::stat(op_, known_, false, fields);
    if (r == -EINTR) return r;
    return r != 0 || S_ISDIR(fields[1]) ? 0 : -ENOTDIR;
  }

  int64_t follow(size_t length, size_t before, size_t at) {
    if (++links_ > kMostLinks) return -ELOOP;
    if (length == 0) return -ENOENT;
    const size_t tail = restLength_ - at;
    if (length + tail + 1 >= restSize_) return -ENAMETOOLONG;
    // The tail begins with a slash, or is empty.
    if (static_cast<size_t>(rest_ + at - start_) < length) {
      memmove(start_ + length, rest_ + at, tail + 1);
      rest_ = start_;
    } else {
      rest_ += at;
      rest_ -= length;
    }
    memcpy(rest_, link_, length);
    restLength_ = length + tail;
    knownLength_ = rest_[0] == '/' ? 0 : before;
    return 1;
  }

  Op& op_;
  char* const known_;
  char* const link_;
  char* const start_;  // of the memory for `rest`
  char* rest_;
  const size_t restSize_;
  size_t knownLength_ = 0;
  size_t restLength_ = 0;
  int links_ = 0;
};

}  // namespace

int64_t symlink(Op& op) {
  return inPlace(op, op.dest, op.destBase,
                 [&op](const sys::Place& place) { return sys::symlink(op, op.path, place, 0); });
}

int64_t readlink(Op& op) {
  if (!op.output.grow(PATH_MAX)) return -ENOMEM;
  const int64_t r = inPlace(op, [&op](const sys::Place& place) {
    return sys::readlink(op, place, reinterpret_cast<char*>(op.output.data()), op.output.capacity());
  });
  if (r > 0) op.output.size = static_cast<size_t>(r);
  return r;
}

int64_t realpath(Op& op) {
  // Paths that are too long for any other call come as data: lib/fs/requests/paths.ts.
  const char* path = op.dataSize > 0 ? reinterpret_cast<const char*>(op.data) : op.path;
  const size_t length = strlen(path);
  if (!op.scratch.grow(Resolver::memoryFor(length))) return -ENOMEM;
  char* memory = reinterpret_cast<char*>(op.scratch.data());
  const int64_t r = Resolver(op, memory, length).run(path);
  if (r < 0) return r;
  if (!op.output.grow(static_cast<size_t>(r))) return -ENOMEM;
  memcpy(op.output.data(), memory, static_cast<size_t>(r));
  op.output.size = static_cast<size_t>(r);
  return r;
}

}  // namespace pendingop::ops
