// What the system allows this process: threads and tasks, and processors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace pendingop::sys {

// How many threads or tasks more there may be beside the `workers` that there are, and `tasks` of any kind:
// by pids.max and the memory of the control groups that the process is in, and by RLIMIT_NPROC. A part of
// each stays free for others. SIZE_MAX: no limit. The supervisor's thread.
size_t roomForWorkers(size_t workers, size_t tasks);

// Processors that this process may use at a time, by its affinity and the quota of its control groups; at
// least 1.
uint32_t processors();

// The same of a system whose /proc and control groups lie below `root`: for tests.
size_t roomInGroups(const std::string& root);
size_t memoryInGroups(const std::string& root);
// Of the quota, rounded down; SIZE_MAX: none.
size_t processorsOfQuota(const std::string& root);

}  // namespace pendingop::sys
