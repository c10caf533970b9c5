#include "control/unix/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>

#include "control/place.h"
#include "sys/peer.h"

namespace pendingop::control {

namespace {
constexpr int kBacklog = 64;
}  // namespace

bool prepare(int fd) {
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

int Listener::open(const std::string& path) {
  const int others = listenersAt(path);
  if (others != 0) return others < 0 ? others : -EADDRINUSE;
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return -errno;
  // Between bind() and listen() a connection is refused, as if the process were gone. The socket gets its
  // name once it listens.
  const std::string unnamed = path + ".new";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s", unnamed.c_str());
  unlink(unnamed.c_str());
  // Nobody else can enter the folder, so the mode with which the socket is made does not matter.
  if (!prepare(fd) || bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      chmod(unnamed.c_str(), 0600) != 0 || listen(fd, kBacklog) != 0 ||
      rename(unnamed.c_str(), path.c_str()) != 0) {
    const int failed = -errno;
    ::close(fd);
    unlink(unnamed.c_str());
    return failed;
  }
  fd_ = fd;
  reserve();
  return 0;
}

void Listener::reserve() {
  if (reserve_ < 0) reserve_ = fcntl(fd_, F_DUPFD_CLOEXEC, 0);
}

Listener::Taken Listener::accept(int* fd, uint32_t* uid) {
  for (;;) {
    *fd = ::accept(fd_, nullptr, nullptr);
    if (*fd < 0) {
      if (errno != EMFILE && errno != ENFILE) return Taken::none;
      if (reserve_ < 0) return Taken::noDescriptor;
      ::close(reserve_);
      reserve_ = -1;
      continue;
    }
    reserve();
    // The folder keeps other users out already, except root.
    if (prepare(*fd) && sys::peerOf(*fd, uid) && (*uid == geteuid() || *uid == 0)) return Taken::one;
    ::close(*fd);
  }
}

void Listener::close() {
  ::close(fd_);
  if (reserve_ >= 0) ::close(reserve_);
  fd_ = reserve_ = -1;
}

}  // namespace pendingop::control
