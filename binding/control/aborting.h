// An abort of a mount that was ordered over the socket: what mounts.abort() does, without an event loop. Each
// step is an op of a client of its own. So a worker, which can be killed, waits in the kernel, and never the
// server's thread, which uses this.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "control/paths.h"
#include "core/client.h"
#include "core/mount_table.h"

namespace pendingop::control {

class Aborting {
 public:
  // Begins an abort. Returns null if it is refused; `refusal` is the answer then. `paths`: of the answer.
  static std::unique_ptr<Aborting> begin(const std::string& point, const Paths& paths, uint32_t uid,
                                         std::string* refusal);
  ~Aborting() { client_->close(); }
  Aborting(const Aborting&) = delete;
  Aborting& operator=(const Aborting&) = delete;

  // Returns the answer; empty: the abort is not over.
  std::string step(int64_t now);

 private:
  Aborting(const Mount& mount, const Paths& paths, uint32_t uid, std::string connection);
  void start(Code code, const std::string& path, std::string_view data);
  std::string written(int64_t result);
  std::string unmounted(int64_t result, int64_t now);
  std::string done();
  bool isMounted() const;

  Client* const client_;
  const int id_;
  const std::string point_;
  const Paths paths_;
  const uint32_t uid_;
  const std::string connection_;  // the file that ends the connection; empty: there is none
  const bool isFuse_;
  Op* op_ = nullptr;   // in flight
  bool gone_ = false;  // it is not mounted any more, but the op still waits
  int attempts_ = 0;
  int64_t lookAt_ = 0;  // when to look or to try again
  int64_t until_;
};

}  // namespace pendingop::control
