// What the native tests are written with: a check that reports what it found, and a watchdog that ends a test
// that hangs.
#pragma once

#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>

namespace pendingop::test {

[[noreturn]] inline void fail(const char* file, int line, const std::string& what) {
  fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
  _exit(1);  // other threads run, and may hold locks
}

template <typename T>
std::string shown(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return std::to_string(static_cast<int64_t>(value));
  else if constexpr (std::is_arithmetic_v<T>)
    return std::to_string(value);
  else if constexpr (std::is_convertible_v<T, std::string>)
    return "\"" + std::string(value) + "\"";
  else if constexpr (std::is_null_pointer_v<T>)
    return "null";
  else
    return value == nullptr ? "null" : "a pointer";
}

template <typename A, typename B>
void checkEqual(const A& a, const B& b, const char* text, const char* file, int line) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B>) {
    if (static_cast<int64_t>(a) == static_cast<int64_t>(b)) return;
  } else {
    if (a == b) return;
  }
  fail(file, line, std::string(text) + ": " + shown(a) + " and " + shown(b));
}

inline void onAlarm(int) {
  static const char kText[] = "the test hangs: aborted by its watchdog\n";
  static_cast<void>(!write(2, kText, sizeof kText - 1));
  abort();
}

inline void watchdog(unsigned seconds = 120) {
  signal(SIGALRM, onAlarm);
  alarm(seconds);
}

}  // namespace pendingop::test

#define CHECK(condition) \
  ((condition) ? void() : ::pendingop::test::fail(__FILE__, __LINE__, "not true: " #condition))
#define CHECK_EQ(a, b) ::pendingop::test::checkEqual((a), (b), #a " == " #b, __FILE__, __LINE__)
