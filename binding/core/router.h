// Which workers an op belongs to: those of the remote file system that its path or its descriptor is on, or
// those of local files. By the text of the path, never by asking a file system. One for each environment, on
// its own thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/codes.h"
#include "core/lanes.h"
#include "core/mount_table.h"
#include "core/shared.h"

namespace pendingop {

struct Route {
  Pool* pool;
  // A call there would only get stuck with many others.
  bool isStalled = false;
};

class Router {
 public:
  // `dest` is empty where there is none; `fd` counts where the path is empty. `waits`: for a lock, for as
  // long as others hold it.
  Route of(Code code, std::string_view path, std::string_view dest, int fd, bool waits);

 private:
  Lane* laneOfPath(std::string_view path);
  Lane* laneOfDescriptor(int fd, bool ask);
  std::string_view absolute(std::string_view path);

  uint64_t version_ = 0;
  Shared<const MountTable> table_;
  std::string joined_;
};

}  // namespace pendingop
