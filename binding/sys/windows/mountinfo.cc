// The drives, and the shares that paths have led to.
#include "sys/mountinfo.h"

#include <windows.h>

#include <algorithm>
#include <vector>

#include "base/futex.h"
#include "sys/drives.h"

namespace pendingop::sys {

namespace {

constexpr DWORD kPauseMs = 1000;
// A program that walks through all servers of a network does not make the list grow for ever.
constexpr size_t kMostShares = 1000;
constexpr DWORD kMostName = 1024;

Mutex mutex;
std::vector<std::string>& shares GUARDED_BY(mutex) = *new std::vector<std::string>;

std::string utf8(const wchar_t* wide) {
  char text[3 * kMostName];
  const int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, sizeof text, nullptr, nullptr);
  return size > 0 ? std::string(text, static_cast<size_t>(size - 1)) : std::string();
}

}  // namespace

// There is nothing to open.
long openMountInfo() { return 0; }
void closeMountInfo(Descriptor) {}

// The names that letters stand for, which the system has in memory: GetDriveType() may ask a server.
bool readMountInfo(Descriptor, std::string* text) {
  std::vector<Drive> drives;
  const DWORD letters = GetLogicalDrives();
  for (char letter = 'A'; letter <= 'Z'; letter++) {
    const wchar_t name[] = {static_cast<wchar_t>(letter), L':', 0};
    wchar_t device[kMostName];
    if ((letters >> (letter - 'A') & 1) == 0 || QueryDosDeviceW(name, device, kMostName) == 0) continue;
    drives.push_back({letter, utf8(device)});
  }
  Lock lock(mutex);
  *text = windowsMounts(drives, shares);
  return true;
}

std::vector<std::string> filesOfDevice(uint32_t, uint32_t) { return {}; }

// The system tells windows of changes, not threads: so they are looked for.
bool awaitMountChange(Descriptor) {
  Sleep(kPauseMs);
  return true;
}

bool meetShare(std::string_view path) {
  if (path.size() < 5 || (path[0] != '\\' && path[0] != '/') || (path[1] != '\\' && path[1] != '/'))
    return false;
  // Most paths have the prefix that lets them be long, and lead to a drive.
  if ((path[2] == '?' || path[2] == '.') && path[4] != 'U' && path[4] != 'u') return false;
  const std::string share = shareOf(path);
  if (share.empty()) return false;
  const std::string place = windowsPlace(share);
  const auto isSame = [&place](const std::string& other) { return windowsPlace(other) == place; };
  Lock lock(mutex);
  if (shares.size() == kMostShares || std::any_of(shares.begin(), shares.end(), isSame)) return false;
  shares.push_back(share);
  return true;
}

}  // namespace pendingop::sys
