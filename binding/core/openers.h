// Openers: tasks that open files for workers. A worker that shares the process's table of descriptors must
// not be killed in an open: between the moment when the kernel installs the descriptor and the moment when
// the worker notes it, a kill would leave a descriptor that nobody knows of. So an opener, which has a table
// of its own, opens the file and passes the descriptor over a socket (SCM_RIGHTS, unix(7)).
//
// Lock order: mutex_ is a leaf, and so is socketMutex_; neither is held when a task can be killed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/futex.h"
#include "core/op.h"
#include "core/worker.h"
#include "sys/place.h"

namespace pendingop {

// Runtime::era() in the beginning.
constexpr uint32_t kFirstEra = 1;

class Openers {
 public:
  using Open = sys::TaskOwner::Open;
  static constexpr long kNobody = sys::TaskOwner::kNobody;
  // A worker that shares the process's table; sys::TaskOwner has what it returns.
  long open(Op& op, Open how, const sys::Place& place, const sys::Identity& directory, int flags,
            unsigned mode);

  // The supervisor. Starts an opener for each request that waits for one; returns when to look again.
  int64_t check(int64_t now);
  // The supervisor. An opener that was killed, by us or by somebody else, is gone.
  void fell(Worker& worker);
  void gone(Worker& worker);
  // The supervisor. Openers that start from now on have the credentials of `era` or newer ones; sleeping
  // openers with older ones wake and end.
  void renew(uint32_t era);
  // How many there are; true for the moment.
  size_t count() const { return count_.load(std::memory_order_relaxed); }
  // The supervisor. Every record that was ever made, in use or not.
  template <typename F>
  void eachWorker(F use) {
    for (Worker* worker : records_) use(*worker);
  }

 private:
  struct Request {
    Op* op;
    Open how;
    const sys::Place& place;
    const sys::Identity& directory;
    int flags;
    unsigned mode;
    Worker* asker;
    Request* next = nullptr;
    long result = 0;
    int fd = -1;  // guarded by the socket's mutex
    std::atomic<uint32_t> answered{0};
  };

  static void main(void* worker);
  void serve(Worker& self);
  Request* take(Worker& self);
  int receive(Request& request);
  void receiveAll();
  void removeIdle(Worker& worker) REQUIRES(mutex_);
  static void answer(Request& request, long result);
  bool start();

  uint32_t era_ = kFirstEra;      // the supervisor's
  int64_t waitsSince_ = 0;        // likewise: for the first table of a task's own
  std::vector<Worker*> records_;  // likewise
  std::atomic<size_t> count_{0};
  std::atomic<size_t> missing_{0};  // requests that found no idle opener

  Mutex mutex_;
  Request* first_ GUARDED_BY(mutex_) = nullptr;
  Request* last_ GUARDED_BY(mutex_) = nullptr;
  Worker* idle_ GUARDED_BY(mutex_) = nullptr;
  Worker* free_ GUARDED_BY(mutex_) = nullptr;
  Mutex socketMutex_;
};

}  // namespace pendingop
