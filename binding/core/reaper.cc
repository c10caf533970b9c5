#include "core/reaper.h"

#include <algorithm>

#include "base/clock.h"
#include "base/errors.h"
#include "core/client.h"
#include "core/pool.h"
#include "core/runtime.h"

namespace pendingop {

namespace {
// How soon the reaper looks whether a task is gone. Nothing tells it, and the kernel takes some tens of
// microseconds.
constexpr int64_t kReapSoon = 50 * kMicrosecond;
}  // namespace

void Reaper::ended(Worker& worker) {
  worker.departing.store(true, std::memory_order_release);
  worker.next = ended_.load(std::memory_order_relaxed);
  while (!ended_.compare_exchange_weak(worker.next, &worker, std::memory_order_acq_rel)) {
  }
}

void Reaper::killed(Worker& worker) {
  worker.departing.store(true, std::memory_order_release);
  leaving_.push_back({&worker, How::killed, nowNs()});
}

void Reaper::lost(Worker& worker) {
  worker.departing.store(true, std::memory_order_release);
  leaving_.push_back({&worker, How::lost, nowNs()});
}

int64_t Reaper::check(int64_t now) {
  for (Worker* worker = ended_.exchange(nullptr, std::memory_order_acq_rel); worker != nullptr;) {
    Worker* following = worker->next;
    leaving_.push_back({worker, How::ended, now});
    worker = following;
  }
  int64_t next = kNever;
  for (size_t i = 0; i < leaving_.size();) {
    const Leaving one = leaving_[i];
    if (reap(*one.worker)) {
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

// If the task was killed before it could note its number, the number is that under which it was started.
uint32_t Reaper::idOf(const Worker& worker) {
  const uint32_t thread = worker.thread.load(std::memory_order_relaxed);
  return thread != 0 ? thread : worker.task;
}

// Returns whether the task is gone. From then on its number may be somebody else's, so nobody signals it any
// more.
bool Reaper::reap(Worker& worker) {
  if (worker.alive.load(std::memory_order_acquire) != 0) return false;
  Lock lock(worker.mutex);
  if (!sys::reapTask(idOf(worker))) return false;
  worker.thread.store(0, std::memory_order_relaxed);
  return true;
}

namespace {

void freeStack(Worker& worker) {
  sys::unmapStack(worker.stack);
  worker.stack = nullptr;
}

// The op's worker was killed between two system calls, and nobody can go on from there. The op's descriptors
// stay open.
void endLost(Op& op, uint64_t generation) {
  const bool unasked = op.state.move(generation, State::Running, State::Done);
  if (unasked || op.state.move(generation, State::Interrupting, State::Done)) {
    op.result = -EINTR;
    op.stopped = op.killed = true;
    op.isLost = unasked;
    op.client->complete(&op, Outcome::killed);
  } else if (op.state.move(generation, State::Abandoned, State::Released)) {
    op.client->release(&op);
  } else if (op.state.generation() == generation && op.state.state() == State::Done) {
    op.client->complete(&op, op.stopped ? endOf(op) : Outcome::completed);
  }
}

void lostOutside(Worker& worker) {
  freeStack(worker);
  if (Worker* stack = worker.adopts) {
    stack->started.store(false, std::memory_order_relaxed);
    stack->alive.store(0, std::memory_order_relaxed);
  }
  const Pool::Lost lost = worker.pool->onTaskLost(worker);
  if (lost.op != nullptr) endLost(*lost.op, lost.generation);
}

}  // namespace

void Reaper::reaped(Worker& worker, How how) {
  worker.started.store(false, std::memory_order_relaxed);
  if (worker.pool == nullptr) {
    Openers& openers = Runtime::instance().openers();
    return how == How::ended ? openers.gone(worker) : openers.fell(worker);
  }
  if (how == How::ended) {
    freeStack(worker);
    return worker.pool->onEnded(worker);
  }
  const uint64_t gate = worker.saved.gate.load(std::memory_order_acquire);
  if (how == How::lost) {
    if (!Gate::isKillable(gate)) return lostOutside(worker);
    worker.saved.gate.store(Gate::doomed(gate), std::memory_order_release);
  }
  // If the gate is outside, the call had returned before the task died, and `returned` has its result.
  // Otherwise the gate stays doomed: until another task goes on, there is nobody to kill.
  if (Gate::phase(gate) != Gate::kOutside) worker.returned = kKilled;
  worker.resumed = true;
  worker.pool->onTaskKilled(worker);
}

}  // namespace pendingop
