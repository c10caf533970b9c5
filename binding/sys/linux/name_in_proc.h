// The name of a descriptor in /proc, made without libc.
#pragma once

namespace pendingop::sys {

struct NameInProc {
  explicit NameInProc(int fd) {
    __builtin_memcpy(text, kPrefix, sizeof kPrefix);
    char digits[11];
    int count = 0;
    do digits[count++] = static_cast<char>('0' + fd % 10);
    while ((fd /= 10) != 0);
    char* at = text + sizeof kPrefix - 1;
    while (count > 0) *at++ = digits[--count];
    *at = 0;
  }
  static constexpr char kPrefix[] = "/proc/self/fd/";
  char text[sizeof kPrefix + 10];
};

}  // namespace pendingop::sys
