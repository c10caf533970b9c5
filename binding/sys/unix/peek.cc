#include "sys/peek.h"

#include <fcntl.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/syscall.h>
#endif

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pendingop::sys {

namespace {
// The most that a pipe takes without waiting, and no more than to the end of a page: the next page may be
// unmapped.
constexpr size_t kPage = 4096;
}  // namespace

Peek::Peek() {
  if (pipe(pipe_) != 0) {
    pipe_[0] = pipe_[1] = -1;
    return;
  }
  for (const int fd : pipe_) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

Peek::~Peek() {
  for (const int fd : pipe_) {
    if (fd >= 0) close(fd);
  }
}

size_t Peek::copy(const char* from, char* to, size_t size) {
#if defined(__linux__)
  // Past libc, because sanitizers check the memory that its write() gets, and here the memory may be
  // unmapped.
  const ssize_t written = syscall(SYS_write, pipe_[1], from, size);  // EFAULT: the memory is unmapped
#else
  const ssize_t written = write(pipe_[1], from, size);
#endif
  if (written <= 0) return 0;
  const ssize_t got = read(pipe_[0], to, static_cast<size_t>(written));
  return got > 0 ? static_cast<size_t>(got) : 0;
}

std::string Peek::text(const char* from, size_t most) {
  std::string text;
  if (from == nullptr || pipe_[1] < 0) return text;
  char piece[kPage];
  while (text.size() < most) {
    const size_t toPageEnd = kPage - (reinterpret_cast<uintptr_t>(from) % kPage);
    const size_t size = copy(from, piece, std::min({toPageEnd, most - text.size(), size_t{256}}));
    const size_t length = strnlen(piece, size);
    text.append(piece, length);
    if (length < size || size == 0) break;
    from += size;
  }
  return text;
}

}  // namespace pendingop::sys
