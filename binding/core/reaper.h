// Tasks on their way out, killed or by themselves: waits for none, looks until the kernel is done with each.
// Then the record of one that has left is free, and the op of one that was killed goes on with another task.
//
// The supervisor's, but for ended().
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/worker.h"

namespace pendingop {

class Reaper {
 public:
  // A task, as its last act.
  void ended(Worker& worker);
  void killed(Worker& worker);
  // Somebody else has killed it.
  void lost(Worker& worker);
  // When to look again.
  int64_t check(int64_t now);
  size_t leaving() const { return leaving_.size(); }

 private:
  enum class How : uint8_t { ended, killed, lost };
  struct Leaving {
    Worker* worker;
    How how;
    int64_t since;
  };

  static bool reap(Worker& worker);
  static void reaped(Worker& worker, How how);

  std::atomic<Worker*> ended_{nullptr};  // linked by `next`
  std::vector<Leaving> leaving_;
};

}  // namespace pendingop
