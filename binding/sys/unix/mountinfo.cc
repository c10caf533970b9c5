#include "sys/mountinfo.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#if defined(__linux__)

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

namespace pendingop::sys {

namespace {

// Returns the text of a file of /sys without the newline at its end; empty: there is none.
std::string readAttribute(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  char text[PATH_MAX + 1];
  const ssize_t size = read(fd, text, sizeof text);
  close(fd);
  if (size <= 0) return {};
  return {text, static_cast<size_t>(text[size - 1] == '\n' ? size - 1 : size)};
}

// Devices on devices (cryptsetup on LVM on a loop device) come to a few. The kernel makes no circle of them.
constexpr int kDeepest = 8;

// `device` is its folder in /sys. That of a partition lies in that of the whole device. The command line,
// which works without an addon, has a function of its own for it (filesOf() in lib/cli/process/beneath.ts):
// if this one learns of another kind of device, so has that one to.
void addFiles(const std::string& device, int depth, std::vector<std::string>* files) {
  std::string file = readAttribute(device + "/loop/backing_file");
  if (file.empty()) file = readAttribute(device + "/../loop/backing_file");
  if (!file.empty()) files->push_back(std::move(file));
  DIR* slaves = depth < kDeepest ? opendir((device + "/slaves").c_str()) : nullptr;
  if (slaves == nullptr) return;
  while (const dirent* slave = readdir(slaves)) {
    if (slave->d_name[0] != '.') addFiles(device + "/slaves/" + slave->d_name, depth + 1, files);
  }
  closedir(slaves);
}

// The kernel counts the changes for each descriptor, and poll reports each change once.
int pollChange(int fd, int timeoutMs) {
  pollfd change{fd, POLLPRI, 0};
  const int count = poll(&change, 1, timeoutMs);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  if (count > 0 && (change.revents & POLLNVAL) != 0) return -EBADF;
  return count;
}

}  // namespace

long openMountInfo() {
  const int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

bool readMountInfo(Descriptor fd, std::string* text) {
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

std::vector<std::string> filesOfDevice(uint32_t major, uint32_t minor) {
  std::vector<std::string> files;
  addFiles("/sys/dev/block/" + std::to_string(major) + ":" + std::to_string(minor), 0, &files);
  return files;
}

bool awaitMountChange(Descriptor fd) {
  for (;;) {
    const int changed = pollChange(fd, -1);
    if (changed != 0) return changed > 0;
  }
}

void closeMountInfo(Descriptor fd) { close(fd); }

bool currentDirectory(char* buffer, size_t size) {
  return syscall(SYS_getcwd, buffer, size) > 0 && buffer[0] == '/';
}

int mountOf(Descriptor fd) {
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

long openMountInfo() { return -ENOSYS; }
void closeMountInfo(Descriptor) {}
bool readMountInfo(Descriptor, std::string*) { return false; }
std::vector<std::string> filesOfDevice(uint32_t, uint32_t) { return {}; }
bool awaitMountChange(Descriptor) { return false; }
bool currentDirectory(char* buffer, size_t size) { return getcwd(buffer, size) != nullptr; }
int mountOf(Descriptor) { return -1; }

}  // namespace pendingop::sys

#endif

namespace pendingop::sys {

// Where there is /proc.
std::string pathOf(Descriptor fd) {
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  char buffer[PATH_MAX];
  const ssize_t size = readlink(link, buffer, sizeof buffer);
  return size > 0 && buffer[0] == '/' ? std::string(buffer, static_cast<size_t>(size)) : std::string();
}

}  // namespace pendingop::sys
