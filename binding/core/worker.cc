#include "core/worker.h"

#include "base/clock.h"
#include "core/client.h"
#include "core/pool.h"
#include "core/runtime.h"
#include "sys/signal.h"
#include "sys/task.h"

namespace pendingop {

namespace {

// This task goes on in the place of the killed one. Somebody else may kill it at any instruction: until the
// kernel knows the other record's `alive`, it dies as this record's task, and from then on as the other's.
[[noreturn]] void takeOver(Worker& self, Worker& fallen) {
  const uint32_t thread = self.thread.load(std::memory_order_relaxed);
  self.task = thread;  // for the reaper
  std::atomic_signal_fence(std::memory_order_seq_cst);
  {
    RobustLock lock(self.mutex, self.lockHolder());
    self.thread.store(0, std::memory_order_relaxed);
  }
  // With the lock that signalWorker() takes: either it finds this number, or the op's stub sees that the op
  // is to stop.
  {
    RobustLock lock(fallen.mutex, self.lockHolder());
    fallen.thread.store(thread, std::memory_order_relaxed);
  }
  fallen.running.load(std::memory_order_relaxed)->thread.store(thread, std::memory_order_relaxed);
  fallen.departing.store(false, std::memory_order_relaxed);
  fallen.alive.store(1, std::memory_order_relaxed);
  fallen.started.store(true, std::memory_order_release);
  sys::resumeTask(fallen.saved, fallen.returned, &fallen.alive);
}

// A task may be killed at any instruction. What it has done is told by the op's state and by what is listed;
// endLost() in core/reaper.cc does the rest. So what belongs to an end is written before the state says so.
void finish(Worker& self, Op& op) {
  Client* client = op.client;
  if (op.stopped) op.isLost.store(op.state.state() == State::Running, std::memory_order_relaxed);
  bool isDone = op.state.move(State::Running, State::Done);
  if (!isDone) {
    if (op.isLost.load(std::memory_order_relaxed)) op.isLost.store(false, std::memory_order_relaxed);
    isDone = op.state.move(State::Interrupting, State::Done);
  }
  if (isDone) return client->complete(&op, op.stopped ? endOf(op) : Outcome::completed, self.lockHolder());
  discardResult(op);
  op.state.move(State::Abandoned, State::Released);
  client->release(&op, self.generation, self.lockHolder());
}

// Returns when the op ended.
int64_t run(Worker& self, Op& op) {
  runOp(op);
  const int64_t ended = nowNs();
  op.endedNs.store(ended, std::memory_order_relaxed);
  Health* const health = self.pool->health();
  // Thousands of ops may be interrupted at once. Then the others need the processors.
  self.maySearch = !op.stopped;
  if (health != nullptr && !op.isProbe) {
    const int64_t began = op.startedNs.load(std::memory_order_relaxed);
    if (op.stopped)
      health->lost(began, ended);
    else
      health->answered(began, ended);
  }
  finish(self, op);
  // Last: until then the op's end is this worker's to report.
  self.running.store(nullptr, std::memory_order_release);
  self.files.clear();
  return ended;
}

void serve(Worker& self) {
  for (int64_t now = nowNs();;) {
    const Pool::Work work = self.pool->next(self, now);
    if (work.stack != nullptr) takeOver(self, *work.stack);
    if (work.op == nullptr) return;
    now = run(self, *work.op);
  }
}

}  // namespace

Outcome endOf(const Op& op) { return op.killed ? Outcome::killed : Outcome::interrupted; }

void settleInterrupted(Op& op) {
  if (op.state.move(State::Interrupting, State::Abandoned))
    op.client->giveUp(&op, endOf(op), workerOf(op, std::memory_order_relaxed)->lockHolder());
}

bool signalWorker(Worker& worker, int signal) {
  RobustLock lock(worker.mutex, nullptr);
  const uint32_t thread = worker.thread.load(std::memory_order_relaxed);
  if (thread == 0) return true;
  return worker.isTask ? sys::signalTask(thread, signal) : sys::send(signal, thread, worker.handle);
}

void* workerMain(void* argument) {
  Worker& self = *static_cast<Worker*>(argument);
  sys::nameThread("pendingop");
  {
    RobustLock lock(self.mutex, nullptr);
    self.thread.store(sys::threadId(), std::memory_order_relaxed);
    self.handle = sys::thisThread();
  }
  sys::blockAllBut(Runtime::instance().signal());
  serve(self);
  {
    RobustLock lock(self.mutex, nullptr);
    self.thread.store(0, std::memory_order_relaxed);
  }
  self.pool->onEnded(self);
  return nullptr;
}

void taskMain(void* argument) {
  Worker& self = *static_cast<Worker*>(argument);
  const uint32_t task = sys::taskId();
  self.thread.store(task, std::memory_order_relaxed);
  self.holder.task = task;
  sys::watchLocksOf(self.holder);
  serve(self);
  // The supervisor frees the record once the kernel has released the stack.
  Runtime::instance().supervisor().ended(self);
  sys::endTask();
}

bool startTask(Worker& worker, void (*body)(void*), sys::Table table) {
  if (worker.stack == nullptr) worker.stack = sys::mapStack();
  if (worker.stack == nullptr) return false;
  worker.departing.store(false, std::memory_order_relaxed);
  worker.started.store(true, std::memory_order_relaxed);
  const long id =
      sys::startTask({body, &worker, worker.stack, &worker.alive, table}, Runtime::instance().signal());
  worker.task = id > 0 ? static_cast<uint32_t>(id) : 0;
  if (id <= 0) worker.started.store(false, std::memory_order_relaxed);
  return id > 0;
}

void leftBehind(Worker& worker) {
  worker.holder.task = worker.thread.load(std::memory_order_relaxed);
  sys::watchLocksOf(worker.holder);
  Runtime::instance().supervisor().left(*worker.predecessor);
}

}  // namespace pendingop
