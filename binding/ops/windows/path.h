// A result that is a path, or another text, which libuv has made.
#pragma once

#include <cstring>

#include "base/errors.h"
#include "core/op.h"
#include "sys/windows/call.h"

namespace pendingop::ops {

inline bool setOutput(Op& op, const char* text) {
  const size_t length = strlen(text);
  if (!op.output.grow(length)) return false;
  memcpy(op.output.data(), text, length);
  op.output.size = length;
  return true;
}

// What libuv's function leaves in its request. `textOf` says where.
template <typename Function, typename TextOf, typename... Arguments>
int64_t textOp(Op& op, Call name, sys::Effect effect, TextOf textOf, Function function,
               Arguments... arguments) {
  return sys::call(op, name, effect, [&]() -> long {
    sys::Request request;
    const long r = request.run(function, arguments...);
    if (r < 0) return r;
    return setOutput(op, textOf(request)) ? static_cast<long>(op.output.size) : -ENOMEM;
  });
}

inline const char* pointerText(sys::Request& request) {
  return static_cast<const char*>(sys::uv::pointerOf(request.get()));
}

}  // namespace pendingop::ops
