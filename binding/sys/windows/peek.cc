#include "sys/peek.h"

#include <windows.h>

namespace pendingop::sys {

Peek::Peek() = default;
Peek::~Peek() = default;

size_t Peek::copy(const char* from, char* to, size_t size) {
  SIZE_T got = 0;
  return ReadProcessMemory(GetCurrentProcess(), from, to, size, &got) != 0 ? got : 0;
}

}  // namespace pendingop::sys
