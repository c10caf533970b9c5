// Small questions to the system.
#include <windows.h>

#include <algorithm>

#include "base/errors.h"
#include "sys/image.h"
#include "sys/limits.h"
#include "sys/mountinfo.h"
#include "sys/self.h"
#include "sys/windows/libuv.h"

namespace pendingop::sys {

void keepImage(const void* function) {
  HMODULE image;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                     static_cast<LPCWSTR>(function), &image);
}

bool canRun() { return uv::isThere(); }

size_t roomForWorkers(size_t, size_t) { return SIZE_MAX; }

uint32_t processors() {
  DWORD_PTR ours = 0;
  DWORD_PTR all = 0;
  GetProcessAffinityMask(GetCurrentProcess(), &ours, &all);
  return std::max(1u, static_cast<uint32_t>(__builtin_popcountll(ours)));
}

int processId() { return static_cast<int>(GetCurrentProcessId()); }
void closeDescriptor(Descriptor fd) {
  uv::Request request = {};
  uv::fs::close(nullptr, &request, fd, nullptr);
  uv::cleanUp(&request);
}

bool currentDirectory(char* buffer, size_t size) { return uv::currentDirectory(buffer, &size) == 0; }
int mountOf(Descriptor) { return -1; }
std::string pathOf(Descriptor) { return {}; }

}  // namespace pendingop::sys
