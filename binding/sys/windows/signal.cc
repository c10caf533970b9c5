// What stands for a signal: CancelSynchronousIo(), which ends what one thread waits for in the kernel.
#include "sys/signal.h"

#include <windows.h>

#include "base/futex.h"
#include "sys/windows/call.h"
#include "sys/windows/thread.h"

namespace pendingop::sys {

const bool kSignalCanBeLost = true;

// A thread of ours as the others know it. Its mutex comes after the worker's.
struct Thread {
  HANDLE handle = nullptr;
  HANDLE stop = nullptr;  // an event that wakes pauseUntilStop()
  Mutex mutex;
  const Calling* call GUARDED_BY(mutex) = nullptr;
};

namespace {
thread_local Thread* self = nullptr;
}

ThreadHandle thisThread() {
  if (self == nullptr) {
    self = new Thread;
    const HANDLE process = GetCurrentProcess();
    self->stop = CreateEventW(nullptr, FALSE, FALSE, nullptr);
    DuplicateHandle(process, GetCurrentThread(), process, &self->handle, 0, FALSE, DUPLICATE_SAME_ACCESS);
  }
  return self;
}

void forgetThisThread() {
  if (self == nullptr) return;
  CloseHandle(self->handle);
  CloseHandle(self->stop);
  delete self;
  self = nullptr;
}

// Whoever cancels holds the mutex meanwhile: so the call that it cancels is this one, and no later one.
void setCall(const Calling* op) {
  if (self == nullptr) return;
  Lock lock(self->mutex);
  self->call = op;
}

void noteForeign(const Calling* op) { setCall(op); }

bool send(int, uint32_t, ThreadHandle thread) {
  Lock lock(thread->mutex);
  if (thread->call != nullptr && thread->call->wantsStop()) {
    CancelSynchronousIo(thread->handle);
    SetEvent(thread->stop);
  }
  return true;
}

void pauseUntilStop(int ms) { WaitForSingleObject(thisThread()->stop, static_cast<DWORD>(ms)); }

// There is one way only, and nobody else can have taken it. The number is that of no signal there.
int defaultSignal() { return 31; }
int lastDefaultSignal() { return 31; }
int claimSignal(int number) { return number == defaultSignal() ? 0 : -EINVAL; }
void releaseSignal(int) {}
bool ownsSignal(int) { return true; }
void blockAllBut(int) {}

uint32_t threadId() { return GetCurrentThreadId(); }

void nameThread(const char* name) {
  // Since Windows 10, 1607.
  using SetDescription = HRESULT(WINAPI*)(HANDLE, PCWSTR);
  static const auto set = reinterpret_cast<SetDescription>(
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"kernel32.dll"), "SetThreadDescription")));
  if (set == nullptr) return;
  wchar_t wide[32];
  size_t at = 0;
  for (; name[at] != 0 && at + 1 < sizeof wide / sizeof *wide; at++)
    wide[at] = static_cast<unsigned char>(name[at]);
  wide[at] = 0;
  set(GetCurrentThread(), wide);
}

bool isRunnable(uint32_t) { return false; }

}  // namespace pendingop::sys
