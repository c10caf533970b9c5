// Reads memory of this process that may be unmapped at any moment: the kernel copies it, and reports if it
// cannot. For one thread at a time.
#pragma once

#include <cstddef>
#include <string>

#if defined(__clang__) || defined(__GNUC__)
#define NO_SANITIZE_THREAD __attribute__((no_sanitize("thread"), noinline))
#else
#define NO_SANITIZE_THREAD
#endif

namespace pendingop::sys {

class Peek {
 public:
  Peek();
  ~Peek();
  Peek(const Peek&) = delete;
  Peek& operator=(const Peek&) = delete;

  // Returns the text at `from` up to its NUL, at most `most` bytes; empty if nothing can be read.
  std::string text(const char* from, size_t most);

 private:
  // Returns the number of bytes that were copied; 0: they are unmapped, or nothing can be read at all.
  size_t copy(const char* from, char* to, size_t size);

#if !defined(_WIN32)
  int pipe_[2] = {-1, -1};
#endif
};

}  // namespace pendingop::sys
