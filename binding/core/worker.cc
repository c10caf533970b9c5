#include "core/worker.h"

#include "base/clock.h"
#include "core/client.h"
#include "core/pool.h"
#include "core/runtime.h"
#include "sys/signal.h"
#include "sys/task.h"

namespace pendingop {

namespace {

// This task goes on in the place of the killed one. Its own record and stack are free as soon as it has left
// them.
[[noreturn]] void takeOver(Worker& self, Worker& fallen) {
  const uint32_t thread = self.thread.load(std::memory_order_relaxed);
  {
    Lock lock(self.mutex);
    self.thread.store(0, std::memory_order_relaxed);
  }
  fallen.running.load(std::memory_order_relaxed)->thread.store(thread, std::memory_order_relaxed);
  fallen.thread.store(thread, std::memory_order_relaxed);
  fallen.departing.store(false, std::memory_order_relaxed);
  fallen.alive.store(1, std::memory_order_relaxed);
  fallen.started.store(true, std::memory_order_release);
  sys::resumeTask(fallen.saved, fallen.returned, &fallen.alive);
}

void finish(Worker& self, Op& op) {
  Client* client = op.client;
  const bool unasked = op.state.move(State::Running, State::Done);
  if (unasked || op.state.move(State::Interrupting, State::Done)) {
    op.isLost = unasked && op.stopped;
    client->complete(&op, op.stopped ? endOf(op) : Outcome::completed, self.lockHolder());
    return;
  }
  discardResult(op);
  op.state.move(State::Abandoned, State::Released);
  client->release(&op, self.lockHolder());
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
  self.running.store(nullptr, std::memory_order_release);
  finish(self, op);
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
  Lock lock(worker.mutex);
  const uint32_t thread = worker.thread.load(std::memory_order_relaxed);
  if (thread == 0) return true;
  return worker.isTask ? sys::signalTask(thread, signal) : sys::send(signal, thread, worker.handle);
}

void* workerMain(void* argument) {
  Worker& self = *static_cast<Worker*>(argument);
  sys::nameThread("pendingop");
  {
    Lock lock(self.mutex);
    self.thread.store(sys::threadId(), std::memory_order_relaxed);
    self.handle = sys::thisThread();
  }
  sys::blockAllBut(Runtime::instance().signal());
  serve(self);
  {
    Lock lock(self.mutex);
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
  Worker* left = worker.predecessor;
  worker.predecessor = nullptr;
  if (left == nullptr) return;
  left->started.store(false, std::memory_order_relaxed);
  worker.holder.task = worker.thread.load(std::memory_order_relaxed);
  sys::watchLocksOf(worker.holder);
  left->pool->onStackAdopted(*left, worker);
}

}  // namespace pendingop
