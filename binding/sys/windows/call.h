// One call of libuv's on behalf of an op. An interrupt cancels what the worker's thread waits for
// (CancelSynchronousIo) as long as the thread is in a call of an op that is to stop: never one of the next
// op. The check before the call and the call itself are two steps: a cancel between them ends nothing, and
// the supervisor sends it again until the op has left (kSignalCanBeLost).
#pragma once

#include <utility>

#include "base/errors.h"
#include "sys/calling.h"
#include "sys/effect.h"
#include "sys/windows/libuv.h"

namespace pendingop::sys {

// The calling thread is in a call of the op, or, null, in none.
void setCall(const Calling* op);

// A request of libuv's that is cleaned up.
class Request {
 public:
  Request() = default;
  ~Request() {
    if (used_) uv::cleanUp(&request_);
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // `function`: of uv::fs, with what it takes between the request and the callback.
  template <typename Function, typename... Arguments>
  long run(Function function, Arguments... arguments) {
    if (used_) uv::cleanUp(&request_);
    used_ = true;
    const int r = function(nullptr, &request_, arguments..., nullptr);
    return r < 0 ? r : static_cast<long>(uv::resultOf(&request_));
  }
  uv::Request* get() { return &request_; }

 private:
  uv::Request request_ = {};
  bool used_ = false;
};

// `body` gives what libuv does: a result, or -errno.
template <typename Body>
long call(Calling& op, Call name, Effect effect, Body body) {
  noteCall(op, name);
  op.changing.store(effect != kReads, std::memory_order_relaxed);
  for (;;) {
    if (op.wantsStop()) {
      op.changing.store(false, std::memory_order_relaxed);
      return -EINTR;
    }
    setCall(&op);
    const long r = body();
    setCall(nullptr);
    const bool stopped = r == uv::kCanceled && op.wantsStop();
    noteResult(op, effect, stopped ? -EINTR : r);
    if (stopped) return -EINTR;
    if (r != uv::kCanceled) return r;
  }
}

// The same of a function of libuv's that needs no more than its result.
template <typename Function, typename... Arguments>
long callFs(Calling& op, Call name, Effect effect, Function function, Arguments... arguments) {
  return call(op, name, effect, [&] { return Request().run(function, arguments...); });
}

}  // namespace pendingop::sys
