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

}  // namespace pendingop
