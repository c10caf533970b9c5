// The end of a mount that was asked for over the socket: what mounts.abort() does, without an event loop.
// Each step is an op of a client of its own, so that what waits in the kernel is a worker that can be killed,
// and never the server's thread, to which this belongs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/client.h"
#include "core/mount_table.h"

namespace pendingop::control {

class Aborting {
 public:
  // Null: refused, and why is in `refusal`, an answer.
  static std::unique_ptr<Aborting> begin(const std::string& point, uint32_t uid, std::string* refusal);
  ~Aborting() { client_->close(); }
  Aborting(const Aborting&) = delete;
  Aborting& operator=(const Aborting&) = delete;

  // The answer; empty: it is not over.
  std::string step(int64_t now);

 private:
  Aborting(const Mount& mount, uint32_t uid, std::string connection);
  void start(Code code, const std::string& path, std::string_view data);
  std::string written(int64_t result);
  std::string unmounted(int64_t result, int64_t now);
  std::string done();
  bool isMounted() const;

  Client* const client_;
  const int id_;
  const std::string point_;
  const uint32_t uid_;
  const std::string connection_;  // the file that ends it; empty: there is none
  const bool isFuse_;
  Op* op_ = nullptr;   // in flight
  bool gone_ = false;  // it is not mounted any more, and what still waits is the op itself
  int attempts_ = 0;
  int64_t lookAt_ = 0;  // the next look, or attempt
  int64_t until_;
};

}  // namespace pendingop::control
