// The control socket: answers whoever has the right to, from a thread of its own, so also while the event
// loop is blocked. Listens from open() until the process ends, or close(). One for the process.
//
// Any thread opens and closes; connections are the server's thread's. Lock order: mutex_ is a leaf.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/futex.h"
#include "control/answers.h"

namespace pendingop::control {

class Server {
 public:
  static Server& instance();

  // 0, also when it is open already; or -errno.
  int open();
  void close();
  // Empty: it is not open.
  std::string path();

 private:
  struct Connection {
    int fd;
    uint32_t uid;
    std::string in;
    std::string out;
    Waiting waiting;
    bool ended = false;

    bool hasNext() const { return out.empty() && waiting.isEmpty() && in.find('\n') != std::string::npos; }
  };

  Server() = default;
  static Server& theServer;
  static void removeAtExit();
  static int listenAt(const std::string& path);
  static void serveUntilClosed(int listener, int wake);
  static void accept(int listener, std::vector<Connection>* connections);
  static void receive(Connection& connection);
  static void serve(Connection& connection);
  static void send(Connection& connection);

  Mutex mutex_;
  std::string path_ GUARDED_BY(mutex_);
  int32_t owner_ = 0;          // the process that made the socket: a fork must not remove it
  std::atomic<int> wake_{-1};  // its end makes the thread end
};

}  // namespace pendingop::control
