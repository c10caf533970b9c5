// The beginning and the end of an answer of the control socket: docs/control.md.
#pragma once

#include <string>
#include <string_view>

#include "control/json.h"
#include "sys/self.h"

namespace pendingop::control {

constexpr int kProtocol = 1;

inline Json begun() {
  Json json;
  json.open('{').field("v", kProtocol).field("ok", true);
  json.field("pid", sys::processId());
  return json;
}

inline std::string ended(Json& json) { return json.close('}').take() + '\n'; }

inline std::string refused(const char* code, std::string_view why) {
  Json json;
  json.open('{').field("v", kProtocol).field("ok", false).field("code", code).field("error", why);
  return ended(json);
}

}  // namespace pendingop::control
