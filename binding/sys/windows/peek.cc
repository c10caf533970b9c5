#include "sys/peek.h"

#include <windows.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pendingop::sys {

namespace {
constexpr size_t kPage = 4096;
}

Peek::Peek() = default;
Peek::~Peek() = default;

size_t Peek::copy(const char* from, char* to, size_t size) {
  SIZE_T got = 0;
  return ReadProcessMemory(GetCurrentProcess(), from, to, size, &got) != 0 ? got : 0;
}

// Page by page: what lies behind the end of one may be unmapped.
std::string Peek::text(const char* from, size_t most) {
  std::string text;
  char piece[kPage];
  while (from != nullptr && text.size() < most) {
    const size_t toPageEnd = kPage - (reinterpret_cast<uintptr_t>(from) % kPage);
    const size_t size = copy(from, piece, std::min(toPageEnd, most - text.size()));
    const size_t length = strnlen(piece, size);
    text.append(piece, length);
    if (length < size || size == 0) break;
    from += size;
  }
  return text;
}

}  // namespace pendingop::sys
