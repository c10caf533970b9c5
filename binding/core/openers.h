// Openers: tasks that open files for workers. A worker that shares the process's table of descriptors must
// not be killed in an open: between the moment when the kernel installs the descriptor and the moment when
// the worker notes it, a kill would leave a descriptor that nobody knows of. So an opener, which has a table
// of its own, opens the file and passes the descriptor over a socket (SCM_RIGHTS, unix(7)).
//
// Somebody else may kill either task at any instruction, also while it holds the lock
// (base/robust_mutex.h). What counts is the chain of requests, who has taken which (OpenRequest::opener) and
// which openers are idle (Worker::idle); repair() makes the rest from those. If the asker is killed, its op
// does not end before the opener has answered, since the opener works with the op and with its paths.
//
// Lock order: lock_ is a leaf.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/robust_mutex.h"
#include "core/op.h"
#include "core/worker.h"
#include "sys/place.h"
#include "sys/task.h"

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
  // The supervisor. Somebody else has killed the asker outside of a call. Takes back what it had asked for;
  // returns false as long as an opener works for it.
  bool withdraw(Worker& asker);
  // The supervisor. Openers that start from now on have the credentials of `era` or newer ones; sleeping
  // openers with older ones wake and end.
  void renew(uint32_t era);
  // How many there are; true for the moment.
  size_t count() const { return count_.load(std::memory_order_relaxed); }
  // The supervisor. Every record that was ever made, in use or not.
  template <typename F>
  void eachWorker(F use) {
    for (Worker* worker = everyRecord(); worker != nullptr; worker = worker->nextRecord) use(*worker);
  }

 private:
  friend class Held<Openers>;

  static void main(void* worker);
  void serve(Worker& self);
  OpenRequest* take(Worker& self);
  int receive(OpenRequest& request, LockHolder* holder);
  void receiveAll() REQUIRES(lock_);
  bool receiveOne() REQUIRES(lock_);
  void noteReceived() REQUIRES(lock_);
  void remove(const OpenRequest& request) REQUIRES(lock_);
  void removeIdle(Worker& worker) REQUIRES(lock_);
  void repair() REQUIRES(lock_);
  static void answer(OpenRequest& request, long result);
  bool start();
  Worker* everyRecord() const { return records_.load(std::memory_order_acquire); }

  uint32_t era_ = kFirstEra;  // the supervisor's
  int64_t waitsSince_ = 0;    // likewise: for the first table of a task's own
  std::atomic<size_t> count_{0};
  std::atomic<size_t> missing_{0};         // requests that found no idle opener
  std::atomic<Worker*> records_{nullptr};  // linked by `nextRecord`; only the supervisor adds one

  RobustMutex lock_;
  OpenRequest* first_ GUARDED_BY(lock_) = nullptr;
  OpenRequest* last_ GUARDED_BY(lock_) = nullptr;
  Worker* idle_ GUARDED_BY(lock_) = nullptr;
  Worker* free_ GUARDED_BY(lock_) = nullptr;
  sys::Passed passed_ GUARDED_BY(lock_);  // what the socket gave last
};

}  // namespace pendingop
