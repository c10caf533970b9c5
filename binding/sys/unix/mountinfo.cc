#include "sys/mountinfo.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#if defined(__linux__)

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

namespace pendingop::sys {

namespace {

// The kernel counts the changes for each descriptor, and poll reports each change once.
int pollChange(int fd, int timeoutMs) {
  pollfd change{fd, POLLPRI, 0};
  const int count = poll(&change, 1, timeoutMs);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  if (count > 0 && (change.revents & POLLNVAL) != 0) return -EBADF;
  return count;
}

}  // namespace

int openMountInfo() {
  const int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

bool readMountInfo(int fd, std::string* text) {
  // The list comes in pieces. A mount that is made between two pieces may be missing, or be there twice. If
  // the system mounts without a pause, the last of these attempts counts; the next change is noticed all the
  // same.
  for (int attempt = 0; attempt < 8; attempt++) {
    if (lseek(fd, 0, SEEK_SET) != 0) return false;
    text->clear();
    for (;;) {
      char piece[16 * 1024];
      const ssize_t size = read(fd, piece, sizeof piece);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return false;
      if (size == 0) break;
      text->append(piece, static_cast<size_t>(size));
    }
    if (attempt == 7 || pollChange(fd, 0) <= 0) break;
  }
  return true;
}

bool awaitMountChange(int fd) {
  for (;;) {
    const int changed = pollChange(fd, -1);
    if (changed != 0) return changed > 0;
  }
}

void closeMountInfo(int fd) { close(fd); }

bool currentDirectory(char* buffer, size_t size) {
  return syscall(SYS_getcwd, buffer, size) > 0 && buffer[0] == '/';
}

int mountOf(int fd) {
  char path[48];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  const int info = open(path, O_RDONLY | O_CLOEXEC);
  if (info < 0) return -1;
  char text[256];
  const ssize_t size = read(info, text, sizeof text - 1);
  close(info);
  if (size <= 0) return -1;
  text[size] = 0;
  const char* id = strstr(text, "mnt_id:");
  return id == nullptr ? -1 : atoi(id + 7);
}

}  // namespace pendingop::sys

#else

namespace pendingop::sys {

int openMountInfo() { return -ENOSYS; }
void closeMountInfo(int) {}
bool readMountInfo(int, std::string*) { return false; }
bool awaitMountChange(int) { return false; }
bool currentDirectory(char* buffer, size_t size) { return getcwd(buffer, size) != nullptr; }
int mountOf(int) { return -1; }

}  // namespace pendingop::sys

#endif

namespace pendingop::sys {

// Where there is /proc.
std::string pathOf(int fd) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  char buffer[PATH_MAX];
  const ssize_t size = readlink(link, buffer, sizeof buffer);
  return size > 0 && buffer[0] == '/' ? std::string(buffer, static_cast<size_t>(size)) : std::string();
}

}  // namespace pendingop::sys
