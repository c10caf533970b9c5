// Tasks that are about to be gone, killed or by themselves. The reaper never waits for one: it looks again
// and again until the kernel has released the task. Then the record of a task that has ended by itself is
// free, and another task goes on with the op of one that was killed.
//
// The supervisor's thread calls all of it but ended().
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/worker.h"
#include "sys/task.h"

namespace pendingop {

class Reaper {
 public:
  // A task, as its last act with this record: it ends, or it has gone on with another stack.
  void ended(Worker& worker);
  void killed(Worker& worker);
  // Tasks that were found dead. Somebody else has killed those that had not said that they end.
  void lost(const std::vector<Worker*>& workers);
  // Returns when to look again.
  int64_t check(int64_t now);
  size_t leaving() const { return leaving_.size(); }
  void count(sys::Remaining* remaining) const;

 private:
  enum class How : uint8_t { ended, killed, lost };
  struct Leaving {
    Worker* worker;
    How how;
    int64_t since;
  };

  void collect();
  static bool goesOn(const Worker& worker);
  static void freeLeft(Worker& worker);
  static uint32_t idOf(const Worker& worker);
  static bool reap(Worker& worker);
  static void reaped(Worker& worker, How how);

  std::atomic<Worker*> ended_{nullptr};  // linked by `next`
  std::vector<Leaving> leaving_;
};

}  // namespace pendingop
