// How paths are written in a request and in its answer: as text, or with escapes, so that every path can be
// listed and named. A backslash and three octal digits stand for a byte then.
#pragma once

#include <string>
#include <string_view>

#include "control/json.h"

namespace pendingop::control {

class Paths {
 public:
  explicit Paths(bool escaped) : escaped_(escaped) {}
  // As the request wants them: by its member `escaped`.
  explicit Paths(const Object& request);

  bool areEscaped() const { return escaped_; }
  // The path that a request names.
  std::string read(const std::string& text) const;
  // The path for an answer. Without escapes it may still have bytes that are no UTF-8, which JSON replaces.
  std::string write(std::string_view path) const;

 private:
  bool escaped_;
};

}  // namespace pendingop::control
