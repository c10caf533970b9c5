#include "control/place.h"

#include <dirent.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sys/owner.h"

namespace pendingop::control {

namespace {

// Returns whether the path is a folder, no link to one, that belongs to our user and is closed to others.
bool isSafe(const std::string& path, mode_t forbidden) {
  sys::Owner owner;
  return sys::ownerOf(path.c_str(), &owner) && S_ISDIR(owner.mode) && owner.uid == geteuid() &&
         (owner.mode & forbidden) == 0;
}

std::string user() { return std::to_string(geteuid()); }

bool fits(const std::string& folder) {
  // With "/4194304.sock" behind it.
  return folder.size() + 16 < sizeof(sockaddr_un::sun_path);
}

std::string made(const std::string& folder) {
  if (!fits(folder)) return {};
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return {};
  return isSafe(folder, 077) ? folder : std::string();
}

bool isSocketName(const char* name) {
  const char* at = name;
  while (isdigit(static_cast<unsigned char>(*at)) != 0) at++;
  return at != name && strcmp(at, ".sock") == 0;
}

// If the process of a socket is gone, also one of another pid namespace, the connection is refused.
bool isStale(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  const bool refused =
      connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno == ECONNREFUSED;
  close(fd);
  return refused;
}

}  // namespace

std::string findFolder() {
  const char* given = getenv("XDG_RUNTIME_DIR");
  std::string runtime = given != nullptr && given[0] == '/' ? given : "/run/user/" + user();
  // By the specification its mode is 0700. A folder that others may write to is not used.
  if (isSafe(runtime, 022)) {
    std::string folder = made(runtime + "/pendingop");
    if (!folder.empty()) return folder;
  }
  return made("/tmp/pendingop-" + user());
}

void removeStale(const std::string& folder) {
  DIR* dir = opendir(folder.c_str());
  if (dir == nullptr) return;
  while (const dirent* entry = readdir(dir)) {
    if (!isSocketName(entry->d_name)) continue;
    const std::string path = folder + '/' + entry->d_name;
    if (isStale(path)) unlink(path.c_str());
  }
  closedir(dir);
}

std::string socketPath(const std::string& folder) {
  return folder + '/' + std::to_string(getpid()) + ".sock";
}

}  // namespace pendingop::control
