#include "control/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/clock.h"
#include "control/place.h"
#include "sys/peer.h"
#include "sys/signal.h"
#include "sys/thread.h"

namespace pendingop::control {

namespace {
constexpr size_t kStack = 512 * 1024;
constexpr int kBacklog = 16;
constexpr size_t kMostConnections = 32;
constexpr size_t kLongestRequest = 64 * 1024;
// ms between checks whether what a connection waits for is over.
constexpr int kPollMs = 2;

bool prepare(int fd) {
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

#ifdef MSG_NOSIGNAL
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif
}  // namespace

Server& Server::instance() { return theServer; }
Server& Server::theServer = *new Server;

int Server::listenAt(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return -errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  unlink(path.c_str());  // that of an earlier process with the same pid
  // Nobody else can enter the folder, so the mode with which the socket is made does not matter.
  if (!prepare(fd) || bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path.c_str(), 0600) != 0 || listen(fd, kBacklog) != 0) {
    const int failed = -errno;
    ::close(fd);
    return failed;
  }
  return fd;
}

int Server::open() {
  Lock lock(mutex_);
  if (!path_.empty()) return 0;
  const std::string folder = findFolder();
  if (folder.empty()) return -EACCES;
  removeStale(folder);
  const std::string path = socketPath(folder);
  int wake[2];
  if (pipe(wake) != 0) return -errno;
  const int listener = listenAt(path);
  if (listener < 0 || !prepare(wake[0]) || !prepare(wake[1])) {
    for (const int fd : wake) ::close(fd);
    return listener < 0 ? listener : -EMFILE;
  }
  struct Start {
    int listener;
    int wake;
  };
  auto* start = new Start{listener, wake[0]};
  wake_.store(wake[1], std::memory_order_release);
  const auto body = [](void* argument) -> void* {
    auto* given = static_cast<Start*>(argument);
    const Start own = *given;
    delete given;
    sys::nameThread("pendingop-ctl");
    serveUntilClosed(own.listener, own.wake);
    return nullptr;
  };
  if (!sys::startThread(body, start, kStack)) {
    delete start;
    ::close(listener);
    for (const int fd : wake) ::close(fd);
    unlink(path.c_str());
    return -EAGAIN;
  }
  path_ = path;
  if (owner_ == 0) atexit(removeAtExit);
  owner_ = getpid();
  return 0;
}

void Server::removeAtExit() {
  Server& server = instance();
  if (server.owner_ == getpid()) unlink(server.path().c_str());
}

void Server::close() {
  Lock lock(mutex_);
  if (path_.empty()) return;
  unlink(path_.c_str());
  path_.clear();
  ::close(wake_.exchange(-1, std::memory_order_acq_rel));  // the end of the stream tells the thread
}

std::string Server::path() {
  Lock lock(mutex_);
  return path_;
}

void Server::serveUntilClosed(int listener, int wake) {
  std::vector<Connection> connections;
  std::vector<pollfd> polled;
  for (;;) {
    polled.clear();
    polled.push_back({wake, POLLIN, 0});
    polled.push_back({listener, static_cast<short>(connections.size() < kMostConnections ? POLLIN : 0), 0});
    bool waiting = false;
    for (const Connection& one : connections) {
      const bool answering = !one.out.empty() || !one.waiting.isEmpty();
      const int events = (answering ? 0 : POLLIN) | (one.out.empty() ? 0 : POLLOUT);
      polled.push_back({one.fd, static_cast<short>(events), 0});
      waiting = waiting || !one.waiting.isEmpty();
    }
    if (poll(polled.data(), static_cast<nfds_t>(polled.size()), waiting ? kPollMs : -1) < 0 && errno != EINTR)
      break;
    if (polled[0].revents != 0) break;
    for (size_t i = 0; i < connections.size(); i++) {
      const short events = polled[i + 2].revents;
      Connection& one = connections[i];
      if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) receive(one);
      // Several requests may have come together. Nothing more would wake us for the next one.
      do {
        serve(one);
        send(one);
      } while (!one.ended && one.hasNext());
    }
    std::erase_if(connections, [](const Connection& one) {
      if (one.ended) ::close(one.fd);
      return one.ended;
    });
    if ((polled[1].revents & POLLIN) != 0) accept(listener, &connections);
  }
  for (const Connection& one : connections) ::close(one.fd);
  ::close(listener);
  ::close(wake);
}

void Server::accept(int listener, std::vector<Connection>* connections) {
  const int fd = ::accept(listener, nullptr, nullptr);
  if (fd < 0) return;
  uint32_t uid = 0;
  // The folder keeps other users out already, except root.
  if (!prepare(fd) || !sys::peerOf(fd, &uid) || (uid != geteuid() && uid != 0)) {
    ::close(fd);
    return;
  }
  connections->push_back({fd, uid, {}, {}, {}, false});
}

void Server::receive(Connection& connection) {
  char buffer[4096];
  for (;;) {
    const ssize_t size = recv(connection.fd, buffer, sizeof buffer, 0);
    if (size > 0) {
      connection.in.append(buffer, static_cast<size_t>(size));
      if (connection.in.size() > kLongestRequest) connection.ended = true;
      if (connection.ended || static_cast<size_t>(size) < sizeof buffer) return;
    } else {
      if (size == 0 || (errno != EAGAIN && errno != EINTR)) connection.ended = true;
      return;
    }
  }
}

// One request after the other: the next one waits until the answer was sent.
void Server::serve(Connection& connection) {
  if (!connection.waiting.isEmpty()) connection.out += answerOf(connection.waiting, nowNs());
  while (connection.out.empty() && connection.waiting.isEmpty()) {
    const size_t end = connection.in.find('\n');
    if (end == std::string::npos) return;
    const std::string line = connection.in.substr(0, end);
    connection.in.erase(0, end + 1);
    connection.out += answer(line, connection.uid, &connection.waiting);
  }
}

void Server::send(Connection& connection) {
  while (!connection.out.empty() && !connection.ended) {
    const ssize_t size = ::send(connection.fd, connection.out.data(), connection.out.size(), kSendFlags);
    if (size >= 0) {
      connection.out.erase(0, static_cast<size_t>(size));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) connection.ended = true;
    return;
  }
}

}  // namespace pendingop::control
