#include "sys/thread.h"

#include <windows.h>

// It needs the one above.
#include <tlhelp32.h>

#include <memory>

#include "sys/windows/thread.h"

namespace pendingop::sys {

namespace {

// A path of UTF-16 lies on the stack of libuv's functions, and of the system's.
constexpr size_t kLeastStack = 512 * 1024;

struct Start {
  void* (*body)(void*);
  void* argument;
};

DWORD WINAPI begin(void* argument) {
  const Start start = *std::unique_ptr<Start>(static_cast<Start*>(argument));
  start.body(start.argument);
  forgetThisThread();
  return 0;
}

int64_t startOf(DWORD id) {
  const HANDLE thread = OpenThread(THREAD_QUERY_LIMITED_INFORMATION, FALSE, id);
  FILETIME start, ignored;
  const bool known = thread != nullptr && GetThreadTimes(thread, &start, &ignored, &ignored, &ignored) != 0;
  if (thread != nullptr) CloseHandle(thread);
  return known ? (int64_t{start.dwHighDateTime} << 32) | start.dwLowDateTime : INT64_MAX;
}

// The oldest thread. The one that loads the addon may be another.
DWORD findMainThread() {
  const HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
  THREADENTRY32 entry = {};
  entry.dwSize = sizeof entry;
  DWORD first = GetCurrentThreadId();
  int64_t oldest = startOf(first);
  for (BOOL more = Thread32First(all, &entry); more != 0; more = Thread32Next(all, &entry)) {
    if (entry.th32OwnerProcessID != GetCurrentProcessId()) continue;
    const int64_t start = startOf(entry.th32ThreadID);
    if (start >= oldest) continue;
    oldest = start;
    first = entry.th32ThreadID;
  }
  CloseHandle(all);
  return first;
}

}  // namespace

bool startThread(void* (*body)(void*), void* argument, size_t stack) {
  auto start = std::make_unique<Start>(Start{body, argument});
  const HANDLE thread = CreateThread(nullptr, stack < kLeastStack ? kLeastStack : stack, begin, start.get(),
                                     STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (thread == nullptr) return false;
  static_cast<void>(start.release());
  CloseHandle(thread);
  return true;
}

void holdSignal(int, bool) {}

bool isMainThread() {
  static const DWORD mainThread = findMainThread();
  return GetCurrentThreadId() == mainThread;
}

void yieldProcessor() { SwitchToThread(); }

}  // namespace pendingop::sys
