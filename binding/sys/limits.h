// What the system allows this process: threads and tasks, and processors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pendingop::sys {

// Returns how many more threads or tasks there may be besides the `workers` and the `tasks` of any kind that
// exist: by pids.max and the memory of the control groups that the process is in, and by RLIMIT_NPROC. A part
// of each stays free for others. SIZE_MAX: no limit. The supervisor's thread.
size_t roomForWorkers(size_t workers, size_t tasks);

// Returns the number of processors that this process may use at a time, by its affinity and by the quota of
// its control groups; at least 1.
uint32_t processors();

// The same for a system whose /proc and control groups lie below `root`: for tests.
size_t roomInGroups(const std::string& root);
size_t memoryInGroups(const std::string& root);
// By the quota, rounded down; SIZE_MAX: no quota.
size_t processorsOfQuota(const std::string& root);

}  // namespace pendingop::sys
