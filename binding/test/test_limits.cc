// What the system allows: control groups of both versions, as files below a folder of the test's own.
#include <filesystem>
#include <fstream>

#include "sys/limits.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

class System {
 public:
  void put(const std::string& path, const std::string& text) const {
    const std::string whole = dir_.path() + path;
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(whole).parent_path(), ignored);
    std::ofstream(whole) << text;
  }
  size_t room() const { return sys::roomInGroups(dir_.path()); }
  size_t memory() const { return sys::memoryInGroups(dir_.path()); }
  size_t processors() const { return sys::processorsOfQuota(dir_.path()); }

 private:
  TempDir dir_;
};

void noGroups() {
  const System system;
  CHECK_EQ(system.room(), SIZE_MAX);
  CHECK_EQ(system.processors(), SIZE_MAX);
}

// A quarter stays free, whoever uses the rest. Of all groups above, the one with the lowest limit counts.
void versionTwo() {
  const System system;
  system.put("/proc/self/cgroup", "0::/user/app\n");
  system.put(
      "/proc/self/mountinfo",
      "20 1 0:19 / /sys rw - sysfs sysfs rw\n30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup rw\n");
  CHECK_EQ(system.room(), SIZE_MAX);
  system.put("/sys/fs/cgroup/user/app/pids.max", "max\n");
  system.put("/sys/fs/cgroup/user/app/pids.current", "20\n");
  CHECK_EQ(system.room(), SIZE_MAX);
  system.put("/sys/fs/cgroup/user/app/pids.max", "100\n");
  CHECK_EQ(system.room(), 55);
  system.put("/sys/fs/cgroup/user/pids.max", "100\n");
  system.put("/sys/fs/cgroup/user/pids.current", "70\n");
  CHECK_EQ(system.room(), 5);
  system.put("/sys/fs/cgroup/user/pids.current", "90\n");
  CHECK_EQ(system.room(), 0);
}

// A container that sees its own group as the topmost.
void inAContainer() {
  const System system;
  system.put("/proc/self/cgroup", "0::/\n");
  system.put("/proc/self/mountinfo", "30 20 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
  system.put("/sys/fs/cgroup/pids.max", "40\n");
  system.put("/sys/fs/cgroup/pids.current", "12\n");
  CHECK_EQ(system.room(), 18);
  system.put("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  CHECK_EQ(system.processors(), 1);
  system.put("/sys/fs/cgroup/cpu.max", "250000 100000\n");
  CHECK_EQ(system.processors(), 2);
  system.put("/sys/fs/cgroup/cpu.max", "max 100000\n");
  CHECK_EQ(system.processors(), SIZE_MAX);
}

// Version 1 without a namespace: the group is mounted from further down.
void versionOne() {
  const System system;
  system.put("/proc/self/cgroup",
             "4:pids:/docker/abc\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n");
  system.put("/proc/self/mountinfo",
             "31 20 0:27 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n"
             "32 20 0:28 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n");
  system.put("/sys/fs/cgroup/pids/pids.max", "40\n");
  system.put("/sys/fs/cgroup/pids/pids.current", "10\n");
  CHECK_EQ(system.room(), 20);
  system.put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  system.put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  CHECK_EQ(system.processors(), SIZE_MAX);
  system.put("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "100000\n");
  CHECK_EQ(system.processors(), 1);
}

constexpr size_t kMiB = 1024 * 1024;
std::string mib(size_t n) { return std::to_string(n * kMiB) + "\n"; }
// 48 KiB each.
constexpr size_t workersIn(size_t mebibytes) { return mebibytes * 1024 / 48; }

// A quarter stays free. The kernel can reclaim pages of files.
void memoryOfVersionTwo() {
  const System system;
  system.put("/proc/self/cgroup", "0::/user/app\n");
  system.put("/proc/self/mountinfo", "30 20 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
  CHECK_EQ(system.memory(), SIZE_MAX);
  const std::string app = "/sys/fs/cgroup/user/app/memory.";
  system.put(app + "max", "max\n");
  system.put(app + "high", "max\n");
  system.put(app + "current", mib(100));
  CHECK_EQ(system.memory(), SIZE_MAX);
  system.put(app + "max", mib(256));
  CHECK_EQ(system.memory(), workersIn(256 - 64 - 100));
  system.put(app + "stat", "anon 7\ninactive_file " + mib(30) + "active_file " + mib(10) +
                               "slab_reclaimable " + mib(4) + "slab_unreclaimable " + mib(9));
  CHECK_EQ(system.memory(), workersIn(256 - 64 - 56));
  // Above it the kernel slows the whole group down.
  system.put(app + "high", mib(128));
  CHECK_EQ(system.memory(), workersIn(128 - 32 - 56));
  system.put("/sys/fs/cgroup/user/memory.max", mib(512));
  system.put("/sys/fs/cgroup/user/memory.current", mib(380));
  CHECK_EQ(system.memory(), workersIn(512 - 128 - 380));
  system.put("/sys/fs/cgroup/user/memory.current", mib(512));
  CHECK_EQ(system.memory(), 0);
}

void memoryOfVersionOne() {
  const System system;
  system.put("/proc/self/cgroup", "4:memory:/docker/abc\n");
  system.put("/proc/self/mountinfo",
             "31 20 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
  const std::string group = "/sys/fs/cgroup/memory/memory.";
  system.put(group + "limit_in_bytes", "9223372036854771712\n");
  system.put(group + "usage_in_bytes", mib(40));
  CHECK_EQ(system.memory(), SIZE_MAX);
  system.put(group + "limit_in_bytes", mib(64));
  CHECK_EQ(system.memory(), workersIn(64 - 16 - 40));
  system.put(group + "stat",
             "inactive_file 1\ntotal_inactive_file " + mib(5) + "total_active_file " + mib(1));
  CHECK_EQ(system.memory(), workersIn(64 - 16 - 34));
}

}  // namespace

int main() {
  watchdog();
  noGroups();
  versionTwo();
  inAContainer();
  versionOne();
  memoryOfVersionTwo();
  memoryOfVersionOne();
  CHECK(sys::processors() >= 1);
}
