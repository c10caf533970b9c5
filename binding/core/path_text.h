// Paths as text: no file system is asked.
#pragma once

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

}  // namespace pendingop
