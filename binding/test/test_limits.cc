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
  size_t processors() const { return sys::processorsOfQuota(dir_.path()); }

 private:
  TempDir dir_;
};

void noGroups() {
  const System system;
  CHECK_EQ(system.room(), SIZE_MAX);
  CHECK_EQ(system.processors(), SIZE_MAX);
}

// A quarter stays free, whoever uses the rest; the tightest of all groups above counts.
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

}  // namespace

int main() {
  watchdog();
  noGroups();
  versionTwo();
  inAContainer();
  versionOne();
  CHECK(sys::processors() >= 1);
}
