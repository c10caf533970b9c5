#include "control/server.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "control/place.h"
#include "control/unix/connections.h"
#include "control/unix/listener.h"
#include "sys/signal.h"
#include "sys/thread.h"

namespace pendingop::control {

namespace {

constexpr size_t kStack = 512 * 1024;

void serveUntilClosed(const Listener& listener, int wake) {
  {
    Connections connections(listener);
    std::vector<pollfd> polled;
    for (;;) {
      polled.clear();
      polled.push_back({wake, POLLIN, 0});
      const int longest = connections.addTo(&polled);
      if (poll(polled.data(), static_cast<nfds_t>(polled.size()), longest) < 0 && errno != EINTR) break;
      if (polled[0].revents != 0) break;
      connections.round(&polled[1]);
    }
  }
  ::close(wake);
}

}  // namespace

Server& Server::instance() { return theServer; }
Server& Server::theServer = *new Server;

int Server::open() {
  Lock lock(mutex_);
  if (!path_.empty()) return 0;
  const std::string folder = findFolder();
  if (folder.empty()) return -EACCES;
  removeStale(folder);
  const std::string path = socketPath(folder);
  int wake[2];
  if (pipe(wake) != 0) return -errno;
  Listener listener;
  const int failed = listener.open(path);
  if (failed != 0 || !prepare(wake[0]) || !prepare(wake[1])) {
    for (const int fd : wake) ::close(fd);
    if (failed == 0) listener.close();
    return failed != 0 ? failed : -EMFILE;
  }
  struct Start {
    Listener listener;
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
    listener.close();
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

}  // namespace pendingop::control
