#include "sys/limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string_view>
#include <vector>
#if defined(__linux__)
#include <sched.h>
#endif

#include "base/clock.h"

namespace pendingop::sys {

namespace {

// The share of a limit that workers leave to others: Node itself, and programs that the process starts.
constexpr size_t kShareOfOthers = 4;
// The memory of a worker in a call. 33 to 37 KB were measured in a control group, the call included
// (docs/threads-and-exit.md); results come on top.
constexpr size_t kMemoryOfWorker = 48 * 1024;
// This many workers are allowed however little memory is left: they take little beside Node itself.
[[maybe_unused]] constexpr size_t kWorkersAnyway = 64;
// How long the control groups of the process are taken to be the same. Finding them takes up to a millisecond
// if there are many mounts.
[[maybe_unused]] constexpr int64_t kGroupsLast = kSecond;

std::string contentOf(const std::string& path) {
  std::string text;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char part[4096];
  for (ssize_t size; (size = ::read(fd, part, sizeof part)) > 0;)
    text.append(part, static_cast<size_t>(size));
  ::close(fd);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(at, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

bool has(std::string_view list, std::string_view name) {
  const auto parts = split(list, ',');
  return std::find(parts.begin(), parts.end(), name) != parts.end();
}

// Returns the number in `text`; SIZE_MAX if there is none, as in "max" or "-1".
size_t numberIn(std::string_view text) {
  if (text.empty() || text[0] < '0' || text[0] > '9') return SIZE_MAX;
  return static_cast<size_t>(strtoull(std::string(text).c_str(), nullptr, 10));
}

// Returns the process's place in the hierarchy of version 1 with `controller`; without one, in version 2.
std::string placeIn(const std::string& groups, std::string_view controller) {
  for (const std::string_view line : split(groups, '\n')) {
    const size_t first = line.find(':');
    const size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? controllers.empty() : has(controllers, controller))
      return std::string(line.substr(second + 1));
  }
  return {};
}

// Adds the folders of the groups that the process is in, from its own up to the topmost that is visible.
void addFolders(std::vector<std::string>* folders, const std::string& root, std::string_view controller) {
  const std::string place = placeIn(contentOf(root + "/proc/self/cgroup"), controller);
  if (place.empty()) return;
  const std::string mounts = contentOf(root + "/proc/self/mountinfo");
  for (const std::string_view line : split(mounts, '\n')) {
    const size_t dash = line.find(" - ");
    if (dash == line.npos) continue;
    const auto before = split(line.substr(0, dash), ' ');
    const auto after = split(line.substr(dash + 3), ' ');
    if (before.size() < 5 || after.size() < 3) continue;
    if (after[0] != (controller.empty() ? "cgroup2" : "cgroup")) continue;
    if (!controller.empty() && !has(after[2], controller)) continue;
    const std::string top = root + std::string(before[4]);
    const std::string_view mounted = before[3] == "/" ? std::string_view{} : before[3];
    std::string folder = top;
    if (std::string_view(place).starts_with(mounted)) folder += place.substr(mounted.size());
    while (folder.size() > top.size()) {
      if (folder.back() != '/') folders->push_back(folder);
      folder.resize(folder.rfind('/'));
    }
    folders->push_back(top);
    return;
  }
}

std::vector<std::string> foldersOf(const std::string& root, std::string_view controller) {
  std::vector<std::string> folders;
  addFolders(&folders, root, controller);
  addFolders(&folders, root, {});
  return folders;
}

size_t roomOf(size_t most, size_t used) {
  if (most == SIZE_MAX) return SIZE_MAX;
  const size_t kept = used + most / kShareOfOthers;
  return most > kept ? most - kept : 0;
}

size_t roomIn(const std::vector<std::string>& folders) {
  size_t room = SIZE_MAX;
  for (const std::string& folder : folders) {
    const size_t most = numberIn(contentOf(folder + "/pids.max"));
    if (most != SIZE_MAX) room = std::min(room, roomOf(most, numberIn(contentOf(folder + "/pids.current"))));
  }
  return room;
}

// Version 1 writes a number even for no limit: the largest multiple of a page.
size_t bytesIn(const std::string& text) {
  const size_t bytes = numberIn(text);
  return bytes < SIZE_MAX / 4 ? bytes : SIZE_MAX;
}

// Returns the bytes that the kernel reclaims before it refuses memory: pages of files, and its caches of
// them.
size_t reclaimableIn(const std::string& folder, bool isFirstVersion) {
  size_t bytes = 0;
  const std::string content = contentOf(folder + "/memory.stat");
  for (const std::string_view line : split(content, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 2) continue;
    if (isFirstVersion
            ? words[0] == "total_inactive_file" || words[0] == "total_active_file"
            : words[0] == "inactive_file" || words[0] == "active_file" || words[0] == "slab_reclaimable")
      bytes += numberIn(words[1]);
  }
  return bytes;
}

// Returns the number of workers that there is memory for.
size_t memoryIn(const std::vector<std::string>& folders) {
  size_t room = SIZE_MAX;
  for (const std::string& folder : folders) {
    size_t most =
        std::min(bytesIn(contentOf(folder + "/memory.max")), bytesIn(contentOf(folder + "/memory.high")));
    size_t used = bytesIn(contentOf(folder + "/memory.current"));
    const bool isFirstVersion = used == SIZE_MAX;
    if (isFirstVersion) {
      most = bytesIn(contentOf(folder + "/memory.limit_in_bytes"));
      used = bytesIn(contentOf(folder + "/memory.usage_in_bytes"));
    }
    if (most == SIZE_MAX || used == SIZE_MAX) continue;
    const size_t reclaimable = std::min(used, reclaimableIn(folder, isFirstVersion));
    const size_t kept = used - reclaimable + most / kShareOfOthers;
    room = std::min(room, (most > kept ? most - kept : 0) / kMemoryOfWorker);
  }
  return room;
}

// Used by the supervisor's thread. Never destroyed.
std::vector<std::string>& groupsOfPids = *new std::vector<std::string>;
std::vector<std::string>& groupsOfMemory = *new std::vector<std::string>;
[[maybe_unused]] int64_t groupsFoundAt = 0;

// Returns the number of threads of this process. Those of the user's other processes are not known.
size_t threads() {
  const std::string text = contentOf("/proc/self/stat");
  const size_t name = text.rfind(')');
  if (name == text.npos) return 0;
  const auto fields = split(std::string_view(text).substr(name + 1), ' ');
  return fields.size() > 17 ? numberIn(fields[17]) : 0;
}

size_t roomOfUser(size_t tasks) {
#if defined(RLIMIT_NPROC)
  rlimit limit;
  if (getuid() == 0 || getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return SIZE_MAX;
  return roomOf(static_cast<size_t>(limit.rlim_cur), threads() + tasks);
#else
  static_cast<void>(tasks);
  return SIZE_MAX;
#endif
}

std::atomic<uint32_t> processorsFound{0};

uint32_t findProcessors() {
  auto count = static_cast<size_t>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    count = static_cast<size_t>(std::max(CPU_COUNT(&allowed), 1));
  count = std::min(count, processorsOfQuota(""));
#endif
  return static_cast<uint32_t>(count);
}

}  // namespace

size_t roomInGroups(const std::string& root) { return roomIn(foldersOf(root, "pids")); }

size_t memoryInGroups(const std::string& root) { return memoryIn(foldersOf(root, "memory")); }

size_t processorsOfQuota(const std::string& root) {
  size_t most = SIZE_MAX;
  for (const std::string& folder : foldersOf(root, "cpu")) {
    const std::string both = contentOf(folder + "/cpu.max");
    const auto parts = split(both, ' ');
    const size_t quota =
        parts.empty() ? numberIn(contentOf(folder + "/cpu.cfs_quota_us")) : numberIn(parts[0]);
    const size_t period =
        parts.size() < 2 ? numberIn(contentOf(folder + "/cpu.cfs_period_us")) : numberIn(parts[1]);
    if (quota != SIZE_MAX && period != SIZE_MAX && period > 0)
      most = std::min(most, std::max<size_t>(quota / period, 1));
  }
  return most;
}

size_t roomForWorkers(size_t workers, size_t tasks) {
#if defined(__linux__)
  const int64_t now = nowNs();
  if (groupsFoundAt == 0 || now - groupsFoundAt > kGroupsLast) {
    groupsOfPids = foldersOf("", "pids");
    groupsOfMemory = foldersOf("", "memory");
    groupsFoundAt = now;
  }
  const size_t anyway = workers < kWorkersAnyway ? kWorkersAnyway - workers : 0;
  return std::min({roomIn(groupsOfPids), roomOfUser(tasks), std::max(memoryIn(groupsOfMemory), anyway)});
#else
  static_cast<void>(workers);
  return roomOfUser(tasks);
#endif
}

uint32_t processors() {
  uint32_t found = processorsFound.load(std::memory_order_relaxed);
  if (found == 0) {
    found = findProcessors();
    processorsFound.store(found, std::memory_order_relaxed);
  }
  return found;
}

}  // namespace pendingop::sys
