// Reads text that may be unmapped, with Peek::copy() of the system.
#include "sys/peek.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pendingop::sys {

namespace {
constexpr size_t kPage = 4096;
constexpr size_t kPiece = 256;  // any pipe takes as much without a wait
}  // namespace

// Page by page: the page behind the text may be unmapped.
std::string Peek::text(const char* from, size_t most) {
  std::string text;
  char piece[kPiece];
  while (from != nullptr && text.size() < most) {
    const size_t toPageEnd = kPage - (reinterpret_cast<uintptr_t>(from) % kPage);
    const size_t size = copy(from, piece, std::min({toPageEnd, most - text.size(), kPiece}));
    const size_t length = strnlen(piece, size);
    text.append(piece, length);
    if (length < size || size == 0) break;
    from += size;
  }
  return text;
}

}  // namespace pendingop::sys
