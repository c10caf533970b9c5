#include "control/paths.h"

#include <cstdio>

#include "control/utf8.h"
#include "core/path_text.h"

namespace pendingop::control {

namespace {

bool isTrue(const Object& request, std::string_view name) {
  const auto found = request.find(name);
  return found != request.end() && !found->second.isText && found->second.number == 1;
}

void appendOctal(std::string* to, char byte) {
  char digits[8];
  snprintf(digits, sizeof digits, "\\%03o", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  *to += digits;
}

}  // namespace

Paths::Paths(const Object& request) : escaped_(isTrue(request, "escaped")) {}

std::string Paths::read(const std::string& text) const { return escaped_ ? unescaped(text) : text; }

std::string Paths::write(std::string_view path) const {
  if (!escaped_) return std::string(path);
  std::string text;
  text.reserve(path.size());
  while (!path.empty()) {
    const size_t length = utf8Length(path);
    if (length == 0 || path[0] == '\\')
      appendOctal(&text, path[0]);
    else
      text += path.substr(0, length);
    path.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

}  // namespace pendingop::control
