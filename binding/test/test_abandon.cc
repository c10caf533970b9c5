// A worker that misses the interrupt: the grace runs out, the caller gets its answer, and the op is released
// later. The wake-up of a completion runs on the worker and blocks the signal there, so that the worker
// misses it.
#include "sys/signal.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void setSignal(int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, Runtime::instance().signal());
  pthread_sigmask(how, &set, nullptr);
}

// Runs `change` on the pool's only worker.
void onTheWorker(void (*change)(void*)) {
  static std::atomic<uint32_t> done;
  static void (*what)(void*);
  done = 0;
  what = change;
  const auto wake = [](void*) {
    what(nullptr);
    done.store(1);
    wakeOne(done);
  };
  Client* client = Client::open(wake, nullptr);
  Pipe pipe;
  submitRead(*client, 0, pipe.read);
  client->flush();
  CHECK(client->arm(1));
  pipe.put("x");
  while (done.load() == 0) waitWhile(done, 0, -1);
  client->close();
  eventually([] { return Allocator::instance().taken() == 0; });
}

void deafen() {
  onTheWorker([](void*) { setSignal(SIG_BLOCK); });
}
void heal() {
  onTheWorker([](void*) { setSignal(SIG_UNBLOCK); });
}

// The op is abandoned, but not before its grace is over, and then released.
void abandonedThenReleased() {
  deafen();
  {
    Env env;
    Pipe pipe;
    for (int i = 0; i < 10; i++) {
      Op* op = env.makeRead(pipe.read, 1);
      env.start(op);
      awaitSleep(op, Call::read);
      const int64_t before = nowNs();
      env.interrupt(op, 20 * kMillisecond);
      Event* event = env.next();
      CHECK(event->op == op);
      CHECK_EQ(event->outcome, Outcome::abandoned);
      CHECK(!event->last);
      CHECK(nowNs() - before >= 20 * kMillisecond);
      CHECK_EQ(op->state.state(), State::Abandoned);
      env.finish(event);
      CHECK(env.client().at(op->slot) == op);
      env.interrupt(op, 0);  // nothing more can be done
      pipe.put("x");
      const Result r = env.await(op);
      CHECK_EQ(r.outcome, Outcome::released);
      CHECK(env.client().take() == nullptr);
    }
  }
  heal();
}

// The call returns at the very moment when the grace ends. One of the two counts, never both.
void graceAndReturnTogether() {
  deafen();
  {
    Env env;
    Pipe pipe;
    int abandoned = 0;
    for (int i = 0; i < 300; i++) {
      Op* op = env.makeRead(pipe.read, 1);
      env.start(op);
      awaitSleep(op, Call::read);
      const int64_t grace = (i % 20) * 10 * kMicrosecond;
      env.interrupt(op, grace);
      for (const int64_t until = nowNs() + 100 * kMicrosecond; nowNs() < until;) spinPause();
      pipe.put("x");
      Event* event = env.next();
      const bool last = event->last;
      CHECK_EQ(event->outcome, last ? Outcome::completed : Outcome::abandoned);
      abandoned += last ? 0 : 1;
      env.finish(event);
      if (!last) CHECK_EQ(env.await(op).outcome, Outcome::released);
      CHECK(env.client().take() == nullptr);
    }
    printf("%d of 300 abandoned\n", abandoned);
  }
  heal();
}

// An open that returns late, after an abandonment or after the end of its environment, has its descriptor
// closed.
void lateOpen(const TempDir& dir) {
  const std::string fifo = dir.fifo("fifo");
  deafen();
  const int before = openDescriptors();
  for (const bool close : {false, true}) {
    Env env;
    Op* op = env.makeOpen(fifo, O_RDONLY);
    env.start(op);
    awaitSleep(op, Call::openat);
    if (close) {
      env.close();
    } else {
      env.interrupt(op, 0);
      Event* event = env.next();
      CHECK_EQ(event->outcome, Outcome::abandoned);
      env.finish(event);
    }
    const int writer = open(fifo.c_str(), O_WRONLY | O_CLOEXEC);  // makes the op's open return
    CHECK(writer >= 0);
    if (!close) CHECK_EQ(env.await(op).outcome, Outcome::released);
    env.close();
    eventually([] { return Allocator::instance().taken() == 0; });
    ::close(writer);
    CHECK_EQ(openDescriptors(), before);
  }
  heal();
}

// Other calls go on meanwhile, once the pool may grow.
void othersGoOn() {
  deafen();
  Runtime::instance().setMaxThreads(16);
  {
    Env env;
    Pipe pipe;
    Op* op = env.makeRead(pipe.read, 1);
    env.start(op);
    awaitSleep(op, Call::read);
    env.interrupt(op, kLongGrace);
    for (int i = 0; i < 100; i++) CHECK_EQ(env.run(env.make(Code::access, "/")).value, 0);
    pipe.put("x");
    const Result r = env.await(op);
    // The kernel had an answer within the grace, so the answer stands.
    CHECK_EQ(r.outcome, Outcome::completed);
    CHECK_EQ(r.bytes, "x");
  }
}

}  // namespace

int main() {
  watchdog();
  startPool();
  Runtime::instance().setMaxThreads(1);
  const TempDir dir;
  abandonedThenReleased();
  graceAndReturnTogether();
  lateOpen(dir);
  othersGoOn();
}
