#include "control/place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/clock.h"
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
  // With "/4194304.x0123456789abcdef.sock.new" behind it.
  return folder.size() + 40 < sizeof(sockaddr_un::sun_path);
}

std::string made(const std::string& folder) {
  if (!fits(folder)) return {};
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return {};
  return isSafe(folder, 077) ? folder : std::string();
}

bool isSocketName(std::string_view name) {
  constexpr std::string_view kEnd = ".sock";
  return name.size() > kEnd.size() && isdigit(static_cast<unsigned char>(name[0])) != 0 &&
         name.substr(name.size() - kEnd.size()) == kEnd;
}

// Returns the number of the process's pid namespace, or, where /proc does not tell, a text that no other
// process has: two processes of different namespaces may have the same pid.
std::string namespaceOfPids() {
  char link[64];
  const ssize_t size = readlink("/proc/self/ns/pid", link, sizeof link);
  const std::string_view text(link, size < 0 ? 0 : static_cast<size_t>(size));  // pid:[4026531836]
  const size_t open = text.find('[');
  if (open != std::string_view::npos && text.back() == ']')
    return std::string(text.substr(open + 1, text.size() - open - 2));
  char unique[24];
  snprintf(unique, sizeof unique, "x%llx", static_cast<unsigned long long>(nowNs()));
  return unique;
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
    if (listenersAt(path) == 0) unlink(path.c_str());
  }
  closedir(dir);
}

int listenersAt(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return -errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
  // A blocking connection would wait for a process that is stopped and has no room for another one (EAGAIN
  // instead: unix(7)). If the process is gone, also one of another pid namespace, the connection is refused.
  const bool asked = fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
  const bool gone = asked && connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 &&
                    (errno == ECONNREFUSED || errno == ENOENT);
  close(fd);
  return gone ? 0 : 1;
}

std::string socketPath(const std::string& folder) {
  return folder + '/' + std::to_string(getpid()) + '.' + namespaceOfPids() + ".sock";
}

}  // namespace pendingop::control
