#include "core/openers.h"

#include <algorithm>
#include <limits>

#include "base/clock.h"
#include "base/errors.h"
#include "core/runtime.h"
#include "sys/task.h"

namespace pendingop {

namespace {
constexpr int64_t kIdleLimit = 3 * kSecond;
constexpr int kNone = std::numeric_limits<int>::min();
constexpr int64_t kLookSoon = 50 * kMicrosecond;  // for tasks with tables of their own, which may be coming
}  // namespace

long Openers::open(Op& op, Open how, const sys::Place& place, const sys::Identity& directory, int flags,
                   unsigned mode) {
  Request request{&op, how, place, directory, flags, mode, workerOf(op, std::memory_order_relaxed)};
  request.fd = kNone;
  Worker* opener;
  {
    Lock lock(mutex_);
    (last_ == nullptr ? first_ : last_->next) = &request;
    last_ = &request;
    opener = idle_;
    if (opener != nullptr) {
      idle_ = opener->next;
      opener->idle = false;
    }
  }
  if (opener != nullptr) {
    opener->awake.store(1, std::memory_order_release);
    wakeOne(opener->awake);
  } else {
    missing_.fetch_add(1, std::memory_order_seq_cst);
    Runtime::instance().supervisor().wake();
  }
  while (request.answered.load(std::memory_order_acquire) == 0)
    sys::waitInCall(*request.asker, request.answered, 0);
  return request.result < 0 ? request.result : receive(request);
}

// Takes whatever descriptors have arrived, also those of other requests.
int Openers::receive(Request& request) {
  Lock lock(socketMutex_);
  while (request.fd == kNone) {
    uint64_t token = 0;
    const long fd = sys::takeDescriptor(&token);
    if (token == 0) return -EIO;
    reinterpret_cast<Request*>(token)->fd = static_cast<int>(fd);
  }
  return request.fd;
}

// The request lies on the asker's stack: it is gone as soon as it is answered.
void Openers::answer(Request& request, long result) {
  Op& op = *request.op;
  op.runner.store(request.asker, std::memory_order_seq_cst);
  op.thread.store(request.asker->thread.load(std::memory_order_relaxed), std::memory_order_relaxed);
  request.result = result;
  request.answered.store(1, std::memory_order_release);
  wakeOne(request.answered);
}

void Openers::main(void* worker) {
  Worker& self = *static_cast<Worker*>(worker);
  self.thread.store(sys::taskId(), std::memory_order_relaxed);
  Runtime& runtime = Runtime::instance();
  runtime.openers().serve(self);
  runtime.supervisor().ended(self);
  sys::endTask();
}

void Openers::serve(Worker& self) {
  while (Request* request = take(self)) {
    self.request = request;
    Op& op = *request->op;
    op.thread.store(self.thread.load(std::memory_order_relaxed), std::memory_order_relaxed);
    // From here on an interrupt of the op signals, or kills, this task.
    op.runner.store(&self, std::memory_order_seq_cst);
    const long fd = request->how(op, request->place, request->directory, request->flags, request->mode);
    self.request = nullptr;
    answer(*request,
           fd < 0 ? fd : sys::passDescriptor(reinterpret_cast<uintptr_t>(request), static_cast<int>(fd)));
    // After the answer, since on some file systems even this close waits.
    if (fd >= 0) sys::closeOwn(static_cast<int>(fd));
  }
}

// Returns null if the opener is to end.
Openers::Request* Openers::take(Worker& self) {
  for (;;) {
    {
      Lock lock(mutex_);
      const bool outOfDate = self.era != Runtime::instance().era();
      Request* request = first_;
      if (outOfDate) {
        if (request == nullptr) return nullptr;
        missing_.fetch_add(1, std::memory_order_seq_cst);
      } else if (request != nullptr) {
        self.request = request;
        first_ = request->next;
        if (first_ == nullptr) last_ = nullptr;
        return request;
      } else {
        self.awake.store(0, std::memory_order_relaxed);
        self.idle = true;
        self.next = idle_;
        idle_ = &self;
      }
      if (outOfDate) break;
    }
    const int64_t until = nowNs() + kIdleLimit;
    int64_t rest = kIdleLimit;
    while (self.awake.load(std::memory_order_acquire) == 0 && rest > 0) {
      waitWhile(self.awake, 0, rest);
      rest = until - nowNs();
    }
    Lock lock(mutex_);
    if (!self.idle) continue;
    removeIdle(self);
    return nullptr;
  }
  Runtime::instance().supervisor().wake();
  return nullptr;
}

bool Openers::start() {
  Worker* worker;
  {
    Lock lock(mutex_);
    worker = free_;
    if (worker != nullptr) free_ = worker->next;
  }
  if (worker == nullptr) {
    worker = new Worker(0, nullptr);
    records_.push_back(worker);
  }
  worker->isTask = true;
  worker->era = era_;
  worker->request = nullptr;
  count_.fetch_add(1, std::memory_order_relaxed);
  if (startTask(*worker, main, sys::Table::own)) return true;
  gone(*worker);
  return false;
}

int64_t Openers::check(int64_t now) {
  while (missing_.load(std::memory_order_seq_cst) > 0) {
    if (sys::ownTables() == sys::OwnTables::coming) {
      if (waitsSince_ == 0) waitsSince_ = now;
      return now + std::clamp((now - waitsSince_) / 8, kLookSoon, kMillisecond);
    }
    waitsSince_ = 0;
    missing_.fetch_sub(1, std::memory_order_seq_cst);
    {
      // An opener that had been busy has taken the request meanwhile.
      Lock lock(mutex_);
      if (first_ == nullptr) continue;
    }
    if (start()) continue;
    // No opener can be started: each asker opens its file itself.
    Request* waiting;
    {
      Lock lock(mutex_);
      waiting = first_;
      first_ = last_ = nullptr;
    }
    while (waiting != nullptr) {
      Request* following = waiting->next;
      answer(*waiting, kNobody);
      waiting = following;
    }
  }
  return kNever;
}

void Openers::fell(Worker& worker) {
  if (worker.request != nullptr) {
    auto& request = *static_cast<Request*>(worker.request);
    worker.request = nullptr;
    // If somebody else has killed the opener, it may have sent its descriptor. If we have, it was still in
    // the call that opens.
    receiveAll();
    answer(request, request.fd == kNone ? kKilled : 0);
  }
  {
    Lock lock(mutex_);
    if (worker.idle) removeIdle(worker);
    // The opener may have been woken for one of these.
    if (first_ != nullptr) missing_.fetch_add(1, std::memory_order_seq_cst);
  }
  gone(worker);
}

void Openers::receiveAll() {
  Lock lock(socketMutex_);
  for (;;) {
    uint64_t token = 0;
    const long fd = sys::takeDescriptor(&token);
    if (token == 0) return;
    reinterpret_cast<Request*>(token)->fd = static_cast<int>(fd);
  }
}

void Openers::removeIdle(Worker& worker) {
  Worker** at = &idle_;
  while (*at != &worker) at = &(*at)->next;
  *at = worker.next;
  worker.idle = false;
}

void Openers::gone(Worker& worker) {
  count_.fetch_sub(1, std::memory_order_relaxed);
  Lock lock(mutex_);
  worker.next = free_;
  free_ = &worker;
}

void Openers::renew(uint32_t era) {
  era_ = era;
  for (;;) {
    Worker* worker;
    {
      Lock lock(mutex_);
      worker = idle_;
      if (worker == nullptr) return;
      idle_ = worker->next;
      worker->idle = false;
    }
    worker->awake.store(1, std::memory_order_release);
    wakeOne(worker->awake);
  }
}

}  // namespace pendingop
