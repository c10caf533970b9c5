#include "core/worker.h"

#include "core/client.h"
#include "core/clock.h"
#include "core/pool.h"
#include "sys/signal.h"

namespace pendingop {

namespace {

void run(Pool& pool, Worker& self, uint32_t thread, Op* op) {
  // Before the move: who submits it from here on pushes it.
  op->inQueue.exchange(false, std::memory_order_seq_cst);
  if (!op->state.move(State::Queued, State::Running)) return;  // cancelled, or a stale cell of the queue
  op->thread.store(thread, std::memory_order_relaxed);
  op->worker.store(&self, std::memory_order_release);
  const int64_t now = nowNs();
  op->startedNs.store(now, std::memory_order_relaxed);
  pool.pace().took(self, thread, now, self.lastStart != 0 ? now - self.lastStart : 0);
  self.lastStart = now;

  runOp(*op);
  // Thousands may be interrupted at once: then the processors are needed for the others.
  self.maySpin = !op->stopped;

  Client* client = op->client;
  if (op->state.move(State::Running, State::Done) || op->state.move(State::Interrupting, State::Done)) {
    client->complete(op, op->stopped ? Outcome::interrupted : Outcome::completed);
    return;
  }
  discardResult(*op);
  op->state.move(State::Abandoned, State::Released);
  client->letGo(op);
}

}  // namespace

void settleInterrupted(Op& op) {
  if (op.state.move(State::Interrupting, State::Abandoned)) op.client->giveUp(&op, Outcome::interrupted);
}

bool signalWorker(Worker& worker, int signal) {
  Lock lock(worker.mutex);
  return worker.thread == 0 || sys::send(signal, worker.thread, worker.handle);
}

void* workerMain(void* argument) {
  Worker& self = *static_cast<Worker*>(argument);
  Pool& pool = Pool::instance();
  const uint32_t thread = sys::threadId();
  sys::nameThread("pendingop");
  {
    Lock lock(self.mutex);
    self.thread = thread;
    self.handle = pthread_self();
  }
  sys::blockAllBut(pool.signal());
  while (Op* op = pool.next(self)) run(pool, self, thread, op);
  {
    Lock lock(self.mutex);
    self.thread = 0;
  }
  pool.left(self);
  return nullptr;
}

}  // namespace pendingop
