// Which workers an op belongs to: those of the remote file system that its path or its descriptor is on, or
// those of local files. By the text of the path, and for what is not answered at once by the links on its
// way (core/links.h): never by asking a file system. One for each environment, on its own thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/codes.h"
#include "core/lanes.h"
#include "core/mount_table.h"
#include "core/op.h"
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
  Route of(Code code, std::string_view path, std::string_view dest, sys::Descriptor fd, bool waits);

  // Of an op that of() has sent to the workers of local files: whether links lead it to a remote file system,
  // whose it is then. False: it is to fail, since that one is stalled.
  bool followLinks(Op& op);

 private:
  void readTable();
  Lane* behindLinks(std::string_view path, const Base& base, bool follows, int64_t now);
  Lane* laneOfPath(std::string_view path);
  Lane* laneOfDescriptor(sys::Descriptor fd, bool ask);
  std::string_view absolute(std::string_view path);

  uint64_t version_ = 0;
  Shared<const MountTable> table_;
  std::string joined_;

  // Paths without links, by their hash, and until when that is believed.
  struct Plain {
    size_t hash = 0;
    int64_t until = 0;
  };
  static constexpr size_t kMostPlain = 256;
  std::array<Plain, kMostPlain> plain_{};
};

}  // namespace pendingop
