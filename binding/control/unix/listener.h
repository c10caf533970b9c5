// The listening end of the control socket.
#pragma once

#include <cstdint>
#include <string>

namespace pendingop::control {

// Makes a descriptor close at exec and never wait.
bool prepare(int fd);

class Listener {
 public:
  enum class Taken { one, none, noDescriptor };

  // Returns 0 or -errno: -EADDRINUSE if a process listens at that path already. No other process can take the
  // socket for a stale one.
  int open(const std::string& path);
  int fd() const { return fd_; }
  // Accepts a connection of our user or of root, and closes all others.
  Taken accept(int* fd, uint32_t* uid);
  // Keeps a descriptor for the next connection: the process may have none left by then. Called after a
  // connection was closed.
  void reserve();
  void close();

 private:
  int fd_ = -1;
  int reserve_ = -1;
};

}  // namespace pendingop::control
