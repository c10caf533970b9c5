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
constexpr auto kNone = sys::Descriptor(std::numeric_limits<int32_t>::min());
constexpr int64_t kLookSoon = 50 * kMicrosecond;  // for tasks with tables of their own, which may be coming
}  // namespace

long Openers::open(Op& op, Open how, const sys::Place& place, const sys::Identity& directory, int flags,
                   unsigned mode) {
  Worker& self = *workerOf(op, std::memory_order_relaxed);
  OpenRequest& request = self.asks;
  request.op = &op;
  request.how = how;
  request.place = &place;
  request.directory = &directory;
  request.flags = flags;
  request.mode = mode;
  request.asker = &self;
  request.next = nullptr;
  request.fd = kNone;
  // Before `answered`: an opener that has died is no longer the one that has taken this request (fell()).
  request.opener.store(nullptr, std::memory_order_relaxed);
  request.answered.store(0, std::memory_order_release);
  request.isOpen.store(true, std::memory_order_release);
  Worker* opener;
  {
    Held held(*this, self.lockHolder());
    (last_ == nullptr ? first_ : last_->next) = &request;
    last_ = &request;
    opener = idle_;
    if (opener != nullptr) {
      idle_ = opener->next;
      opener->idle = false;
    }
  }
  if (opener != nullptr) {
    // If this task is killed before it does this, the opener looks by itself after kIdleLimit.
    opener->awake.store(1, std::memory_order_release);
    wakeOne(opener->awake);
  } else {
    missing_.fetch_add(1, std::memory_order_seq_cst);
    Runtime::instance().supervisor().wake();
  }
  while (request.answered.load(std::memory_order_acquire) == 0) sys::waitInCall(self, request.answered, 0);
  const long result = request.result < 0 ? request.result : receive(request, self.lockHolder());
  if (result >= 0) self.files.add(sys::Descriptor(result));
  request.isOpen.store(false, std::memory_order_release);
  return result;
}

// Takes whatever descriptors have arrived, also those of other requests.
int Openers::receive(OpenRequest& request, LockHolder* holder) {
  Held held(*this, holder);
  while (request.fd == kNone) {
    if (!receiveOne()) return -EIO;
  }
  return request.fd;
}

void Openers::receiveAll() {
  while (receiveOne()) continue;
}

// Returns false if none is under way.
bool Openers::receiveOne() {
  if (!sys::takeDescriptor(&passed_)) return false;
  noteReceived();
  return true;
}

void Openers::noteReceived() {
  reinterpret_cast<OpenRequest*>(passed_.token)->fd = sys::Descriptor(sys::descriptorOf(passed_));
  std::atomic_signal_fence(std::memory_order_seq_cst);
  passed_.token = 0;
}

// The asker goes on as soon as it is answered.
void Openers::answer(OpenRequest& request, long result) {
  Op& op = *request.op;
  op.runner.store(request.asker, std::memory_order_seq_cst);
  op.thread.store(request.asker->thread.load(std::memory_order_relaxed), std::memory_order_relaxed);
  request.result = result;
  request.answered.store(1, std::memory_order_release);
  wakeOne(request.answered);
}

void Openers::main(void* worker) {
  Worker& self = *static_cast<Worker*>(worker);
  const uint32_t task = sys::taskId();
  self.thread.store(task, std::memory_order_relaxed);
  self.holder.task = task;
  sys::watchLocksOf(self.holder);
  Runtime& runtime = Runtime::instance();
  runtime.openers().serve(self);
  runtime.supervisor().ended(self);
  sys::endTask();
}

void Openers::serve(Worker& self) {
  while (OpenRequest* request = take(self)) {
    Op& op = *request->op;
    op.thread.store(self.thread.load(std::memory_order_relaxed), std::memory_order_relaxed);
    // From here on an interrupt of the op signals, or kills, this task.
    op.runner.store(&self, std::memory_order_seq_cst);
    const long fd = request->how(op, *request->place, *request->directory, request->flags, request->mode);
    answer(*request,
           fd < 0 ? fd : sys::passDescriptor(reinterpret_cast<uintptr_t>(request), sys::Descriptor(fd)));
    // Last: until then the answer is this opener's to give, or fell()'s.
    self.opens.store(nullptr, std::memory_order_release);
    // After the answer, since on some file systems even this close waits.
    if (fd >= 0) sys::closeOwn(sys::Descriptor(fd));
  }
}

// Returns null if the opener is to end.
OpenRequest* Openers::take(Worker& self) {
  for (;;) {
    {
      Held held(*this, self.lockHolder());
      const bool outOfDate = self.era != Runtime::instance().era();
      OpenRequest* request = first_;
      if (outOfDate) {
        if (request == nullptr) return nullptr;
        missing_.fetch_add(1, std::memory_order_seq_cst);
      } else if (request != nullptr) {
        self.opens.store(request, std::memory_order_relaxed);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        request->opener.store(&self, std::memory_order_release);
        std::atomic_signal_fence(std::memory_order_seq_cst);
        first_ = request->next;
        if (first_ == nullptr) last_ = nullptr;
        return request;
      } else {
        self.awake.store(0, std::memory_order_relaxed);
        self.next = idle_;
        idle_ = &self;
        std::atomic_signal_fence(std::memory_order_seq_cst);
        self.idle = true;
      }
      if (outOfDate) break;
    }
    const int64_t until = nowNs() + kIdleLimit;
    int64_t rest = kIdleLimit;
    while (self.awake.load(std::memory_order_acquire) == 0 && rest > 0) {
      waitWhile(self.awake, 0, rest);
      rest = until - nowNs();
    }
    Held held(*this, self.lockHolder());
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
    Held held(*this, nullptr);
    worker = free_;
    if (worker != nullptr) free_ = worker->next;
  }
  if (worker == nullptr) {
    worker = new Worker(0, nullptr);
    worker->nextRecord = everyRecord();
    records_.store(worker, std::memory_order_release);
  }
  worker->isTask = true;
  worker->era = era_;
  worker->opens.store(nullptr, std::memory_order_relaxed);
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
      Held held(*this, nullptr);
      if (first_ == nullptr) continue;
    }
    if (start()) continue;
    // No opener can be started: each asker opens its file itself.
    OpenRequest* waiting;
    {
      Held held(*this, nullptr);
      waiting = first_;
      first_ = last_ = nullptr;
    }
    while (waiting != nullptr) {
      OpenRequest* following = waiting->next;
      answer(*waiting, kNobody);
      waiting = following;
    }
  }
  return kNever;
}

void Openers::fell(Worker& worker) {
  OpenRequest* const request = worker.opens.exchange(nullptr, std::memory_order_acq_rel);
  {
    Held held(*this, nullptr);
    if (request != nullptr) {
      const bool isAnswered = request->answered.load(std::memory_order_acquire) != 0;
      if (isAnswered) {
        wakeOne(request->answered);  // the opener may have died before it did
      } else if (request->opener.load(std::memory_order_acquire) == &worker) {
        // If somebody else has killed the opener, it may have sent its descriptor. If we have, it was still
        // in the call that opens.
        receiveAll();
        answer(*request, request->fd == kNone ? kKilled : 0);
      }
    }
    if (worker.idle) removeIdle(worker);
    // The opener may have been woken for one of these.
    if (first_ != nullptr) missing_.fetch_add(1, std::memory_order_seq_cst);
  }
  gone(worker);
}

bool Openers::withdraw(Worker& asker) {
  OpenRequest& request = asker.asks;
  if (!request.isOpen.load(std::memory_order_acquire)) return true;
  Held held(*this, nullptr);
  if (request.answered.load(std::memory_order_acquire) == 0) {
    if (request.opener.load(std::memory_order_acquire) != nullptr) return false;
    remove(request);
  }
  receiveAll();  // what is under way for this request must not be taken for a later one's
  if (request.fd != kNone) asker.files.add(request.fd);
  request.isOpen.store(false, std::memory_order_relaxed);
  return true;
}

void Openers::remove(const OpenRequest& request) {
  OpenRequest* before = nullptr;
  for (OpenRequest** at = &first_; *at != nullptr; at = &before->next) {
    if (*at == &request) {
      *at = request.next;
      if (last_ == &request) last_ = before;
      return;
    }
    before = *at;
  }
}

// Whoever held the lock was killed. A request that has an opener is in the queue no longer.
void Openers::repair() {
  last_ = nullptr;
  for (OpenRequest** at = &first_; *at != nullptr;) {
    OpenRequest* const request = *at;
    if (request->opener.load(std::memory_order_relaxed) != nullptr) {
      *at = request->next;
      continue;
    }
    last_ = request;
    at = &request->next;
  }
  idle_ = nullptr;
  for (Worker* worker = everyRecord(); worker != nullptr; worker = worker->nextRecord) {
    if (!worker->idle) continue;
    worker->next = idle_;
    idle_ = worker;
  }
  if (passed_.token != 0) noteReceived();
}

void Openers::removeIdle(Worker& worker) {
  Worker** at = &idle_;
  while (*at != &worker) at = &(*at)->next;
  *at = worker.next;
  worker.idle = false;
}

void Openers::gone(Worker& worker) {
  count_.fetch_sub(1, std::memory_order_relaxed);
  Held held(*this, nullptr);
  worker.next = free_;
  free_ = &worker;
}

void Openers::renew(uint32_t era) {
  era_ = era;
  for (;;) {
    Worker* worker;
    {
      Held held(*this, nullptr);
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
