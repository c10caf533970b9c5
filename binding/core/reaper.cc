#include "core/reaper.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/errors.h"
#include "core/client.h"
#include "core/lanes.h"
#include "core/pool.h"
#include "core/runtime.h"

namespace pendingop {

namespace {
// How soon the reaper looks whether a task is gone. Nothing tells it, and the kernel takes some tens of
// microseconds.
constexpr int64_t kReapSoon = 50 * kMicrosecond;
}  // namespace

void Reaper::ended(Worker& worker) {
  worker.next = ended_.load(std::memory_order_relaxed);
  while (!ended_.compare_exchange_weak(worker.next, &worker, std::memory_order_acq_rel)) {
  }
}

void Reaper::killed(Worker& worker) {
  if (worker.departing.exchange(true, std::memory_order_acq_rel)) return;  // somebody else was faster
  leaving_.push_back({&worker, How::killed, nowNs()});
}

void Reaper::lost(const std::vector<Worker*>& workers) {
  collect();
  for (Worker* worker : workers) {
    if (!worker->departing.exchange(true, std::memory_order_acq_rel))
      leaving_.push_back({worker, How::lost, nowNs()});
  }
}

void Reaper::collect() {
  for (Worker* worker = ended_.exchange(nullptr, std::memory_order_acq_rel); worker != nullptr;) {
    Worker* following = worker->next;
    if (worker->adopts != nullptr) {
      worker->pool->onStackAdopted(*worker);
    } else {
      worker->departing.store(true, std::memory_order_release);
      leaving_.push_back({worker, How::ended, nowNs()});
    }
    worker = following;
  }
}

int64_t Reaper::check(int64_t now) {
  collect();
  int64_t next = kNever;
  for (size_t i = 0; i < leaving_.size();) {
    const Leaving one = leaving_[i];
    const bool isFree =
        one.how != How::lost || goesOn(*one.worker) || Runtime::instance().openers().withdraw(*one.worker);
    if (isFree && reap(*one.worker)) {
      leaving_[i] = leaving_.back();
      leaving_.pop_back();
      reaped(*one.worker, one.how);
      continue;
    }
    // The longer it has taken, the less a few milliseconds more matter.
    next = std::min(next, now + std::clamp((now - one.since) / 8, kReapSoon, 20 * kMillisecond));
    i++;
  }
  return next;
}

void Reaper::count(sys::Remaining* remaining) const {
  for (const Leaving& one : leaving_) remaining->addKilled(idOf(*one.worker));
}

// If the task was killed before it could note its number, or once it had taken it back, `task` has it.
uint32_t Reaper::idOf(const Worker& worker) {
  const uint32_t thread = worker.thread.load(std::memory_order_relaxed);
  return thread != 0 ? thread : worker.task;
}

// Returns whether the task is gone. From then on its number may be somebody else's, so nobody signals it any
// more.
bool Reaper::reap(Worker& worker) {
  if (worker.alive.load(std::memory_order_acquire) != 0) return false;
  RobustLock lock(worker.mutex, nullptr);
  if (!sys::reapTask(idOf(worker))) return false;
  worker.thread.store(0, std::memory_order_relaxed);
  return true;
}

namespace {

void freeStack(Worker& worker) {
  sys::unmapStack(worker.stack);
  worker.stack = nullptr;
}

// The op's worker was killed between two system calls, and nobody can go on from there. The op's state tells
// how far the worker had come with the op's end (finish() in core/worker.cc): what it has done is not done
// again, since the client lists each event once and only for this generation. Returns whether what the worker
// had open has no owner.
bool endLost(Op& op, uint64_t generation) {
  Client* const client = op.client;
  const bool unasked = op.state.move(generation, State::Running, State::Done);
  if (unasked || op.state.move(generation, State::Interrupting, State::Done)) {
    op.result = -EINTR;
    op.stopped = op.killed = true;
    op.isLost.store(unasked, std::memory_order_relaxed);
    if (op.changing.load(std::memory_order_relaxed)) op.tookEffect.store(true, std::memory_order_relaxed);
    op.pinned.store(0, std::memory_order_seq_cst);
    client->reportAgain(&op, generation, Outcome::killed, true);
    return true;
  }
  if (op.state.generation() != generation) return false;
  const State state = op.state.state();
  if (state == State::Done) {
    client->reportAgain(&op, generation, op.stopped ? endOf(op) : Outcome::completed, true);
    return false;
  }
  if (state != State::Abandoned && state != State::Released) return false;  // it is over, and its memory free
  if (state == State::Abandoned) {
    op.pinned.store(0, std::memory_order_seq_cst);
    op.state.move(generation, State::Abandoned, State::Released);
  }
  // The worker may also have been the one that was to answer the caller (settleInterrupted()).
  client->reportAgain(&op, generation, endOf(op), false);
  return true;
}

void lostOutside(Worker& worker) {
  freeStack(worker);
  Pool& pool = *worker.pool;
  OpenFiles files = std::exchange(worker.files, {});
  files.settle(worker.saved.gate.load(std::memory_order_acquire), worker.returned);
  const Pool::Lost lost = pool.onTaskLost(worker);
  if (lost.op == nullptr) return;
  // A close that has not come as far as to say what it closes.
  if (lost.op->code == Code::close && lost.op->call.load(std::memory_order_relaxed) == Call::none)
    files.add(lost.op->fd);
  if (endLost(*lost.op, lost.generation))
    files.each([&pool](sys::Descriptor fd) { Lanes::instance().close(pool, fd); });
}

}  // namespace

// Whether another task can go on from where this one was killed: in a call, or before the call that an
// earlier task had made returned to it.
bool Reaper::goesOn(const Worker& worker) {
  return worker.pool != nullptr &&
         (worker.resumed || Gate::phase(worker.saved.gate.load(std::memory_order_acquire)) != Gate::kOutside);
}

// The task that went on with this stack has not come as far as to say that it has left its own.
void Reaper::freeLeft(Worker& worker) {
  Worker* const left = worker.predecessor;
  if (left != nullptr && left->adopts == &worker) left->pool->onStackAdopted(*left);
}

void Reaper::reaped(Worker& worker, How how) {
  worker.started.store(false, std::memory_order_relaxed);
  worker.holder.pending.store(nullptr, std::memory_order_relaxed);
  if (worker.pool == nullptr) {
    Openers& openers = Runtime::instance().openers();
    return how == How::ended ? openers.gone(worker) : openers.fell(worker);
  }
  if (how == How::ended) {
    freeStack(worker);
    return worker.pool->onEnded(worker);
  }
  if (how == How::lost) {
    freeLeft(worker);
    Client::wakeAgain();
    if (!goesOn(worker)) return lostOutside(worker);
  }
  // If the gate is outside, the call had returned before the task died, and `returned` has its result, as it
  // has if a task was killed that was to go on with it. Otherwise the gate is doomed from now on: until
  // another task goes on, there is nobody to kill.
  const uint64_t gate = worker.saved.gate.load(std::memory_order_acquire);
  if (Gate::phase(gate) != Gate::kOutside) {
    worker.saved.gate.store(Gate::doomed(gate), std::memory_order_release);
    if (!worker.resumed) worker.returned = kKilled;
  }
  worker.resumed = true;
  worker.pool->onTaskKilled(worker);
}

}  // namespace pendingop
