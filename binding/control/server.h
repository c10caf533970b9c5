// The control socket. A thread of its own answers everybody who has the right to ask, so it also works while
// the event loop is blocked. It listens from open() until close() or the end of the process. There is one for
// the process.
//
// Any thread opens and closes. Connections belong to the server's thread. Lock order: mutex_ is a leaf.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "base/futex.h"

namespace pendingop::control {

class Server {
 public:
  static Server& instance();

  // Waits for no other process. Returns 0, also if it is open already; or -errno.
  int open();
  void close();
  // Returns the path of the socket; empty: it is not open.
  std::string path();

 private:
  Server() = default;
  static Server& theServer;
  static void removeAtExit();

  Mutex mutex_;
  std::string path_ GUARDED_BY(mutex_);
  int32_t owner_ = 0;          // the process that made the socket: a fork must not remove it
  std::atomic<int> wake_{-1};  // the end of this stream ends the thread
};

}  // namespace pendingop::control
