// Paths as text: no file system is asked.
#pragma once

#include <string>
#include <string_view>

namespace pendingop {

// Whether the absolute path is `root` or below it. Both are without a '/' at their end.
inline bool isUnder(std::string_view path, std::string_view root) {
  if (path.empty()) return false;
  if (root == "/") return true;
  return path.substr(0, root.size()) == root && (path.size() == root.size() || path[root.size()] == '/');
}

inline bool isAbsolute(std::string_view path) {
#if defined(_WIN32)
  const auto isSeparator = [](char c) { return c == '\\' || c == '/'; };
  return path.size() > 2 &&
         (isSeparator(path[0]) ? isSeparator(path[1]) : path[1] == ':' && isSeparator(path[2]));
#else
  return path.starts_with('/');
#endif
}

// The text in which a backslash and three octal digits stand for a byte. The kernel writes names in its lists
// so: what would end a field or a line, and the backslash.
inline std::string unescaped(std::string_view text) {
  const auto isByte = [](std::string_view digits) {
    return digits.size() == 3 && digits[0] <= '3' && digits.find_first_not_of("01234567") == digits.npos;
  };
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size(); i++) {
    const std::string_view digits = text[i] == '\\' ? text.substr(i + 1, 3) : std::string_view();
    if (isByte(digits)) {
      bytes += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
      i += 3;
    } else {
      bytes += text[i];
    }
  }
  return bytes;
}

}  // namespace pendingop
