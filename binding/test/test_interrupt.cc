// One interrupt each, of everything that blocks and of everything that does not.
#include "sys/signal.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void waitFor(const Op* op, Call call) {
  eventually([&] { return op->state.state() == State::Running && op->call.load() == call; });
}

Result interrupted(Env& env, Op* op, Call call) {
  env.start(op);
  waitFor(op, call);
  env.interrupt(op);
  return env.await(op);
}

void blockedCalls(const TempDir& dir) {
  Env env;
  Pipe pipe;
  const std::string fifo = dir.fifo("fifo");
  for (int i = 0; i < 50; i++) {
    Result r = interrupted(env, env.makeRead(pipe.read, 10), Call::read);
    CHECK_EQ(r.outcome, Outcome::interrupted);
    CHECK_EQ(r.value, -EINTR);
    CHECK(!r.tookEffect);

    r = interrupted(env, env.makeOpen(fifo, O_RDONLY), Call::openat);
    CHECK_EQ(r.outcome, Outcome::interrupted);
    r = interrupted(env, env.makeOpen(fifo, O_WRONLY), Call::openat);
    CHECK_EQ(r.outcome, Outcome::interrupted);

    Op* whole = env.make(Code::readFile, fifo);
    whole->d0 = 1e9;
    r = interrupted(env, whole, Call::openat);
    CHECK_EQ(r.outcome, Outcome::interrupted);
    CHECK_EQ(r.failed, Step::open);
  }
  pipe.put("still there");
  CHECK_EQ(env.run(env.makeRead(pipe.read, 100)).bytes, "still there");
}

// A write of which the pipe took a part: the part is reported, as by write().
void partOfAWrite() {
  Env env;
  Pipe pipe;
  const int room = static_cast<int>(1024 * 1024);
  Op* op = env.make(Code::write, {}, {}, std::string(room, 'x'));
  op->fd = sys::Descriptor(pipe.write);
  op->d0 = -1;
  env.start(op);
  waitFor(op, Call::write);
  char first;
  CHECK_EQ(read(pipe.read, &first, 1), 1);  // it is under way
  env.interrupt(op);
  const Result r = env.await(op);
  if (r.outcome == Outcome::completed)
    CHECK(r.value > 0 && r.value < room);
  else
    CHECK_EQ(r.value, -EINTR);
  CHECK(r.tookEffect);
}

// readFile of a descriptor and of a path: the bytes that were read are counted, and a descriptor of its own
// is closed.
void composites(const TempDir& dir) {
  Env env;
  Pipe pipe;
  const std::string fifo = dir.fifo("source");
  const int before = openDescriptors();

  Op* whole = env.make(Code::readFile);
  whole->fd = sys::Descriptor(pipe.read);
  whole->d0 = 1e9;
  env.start(whole);
  pipe.put("12345");
  eventually([&] { return whole->bytesDone.load() == 5; });
  env.interrupt(whole);
  Result r = env.await(whole);
  CHECK_EQ(r.outcome, Outcome::interrupted);
  CHECK_EQ(r.failed, Step::read);
  CHECK_EQ(r.bytesDone, 5);

  for (int i = 0; i < 50; i++) {
    Op* op = env.make(Code::readFile, fifo);
    op->d0 = 1e9;
    env.start(op);
    int writer = -1;
    eventually([&] { return (writer = open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)) >= 0; });
    waitFor(op, Call::read);
    env.interrupt(op);
    // The caller is told before the descriptor is closed. The end of the op itself follows.
    Event* event = env.next();
    CHECK(event->op == op);
    CHECK_EQ(event->outcome, Outcome::interrupted);
    CHECK(!event->last);
    r = Env::read(*event);
    CHECK_EQ(r.value, -EINTR);
    CHECK_EQ(r.failed, Step::read);
    env.finish(event);
    CHECK_EQ(env.await(op).outcome, Outcome::released);
    close(writer);
  }
  CHECK_EQ(openDescriptors(), before);
}

void cancelled() {
  Env env;
  Op* op = env.make(Code::access, "/");
  env.submit(op);  // nobody was woken for it, but a worker may be awake all the same
  env.interrupt(op);
  const Result r = env.await(op);
  CHECK(r.outcome == Outcome::cancelled || r.outcome == Outcome::completed ||
        r.outcome == Outcome::interrupted);
}

// An op that is over, and one that never was: nothing happens, neither to it nor to the op that has its
// memory now.
void tooLate() {
  Env env;
  Pipe pipe;
  Op* op = env.make(Code::access, "/");
  env.start(op);
  const uint64_t generation = op->state.generation();
  CHECK_EQ(env.await(op).value, 0);
  Op* next = env.makeRead(pipe.read, 1);
  CHECK(next == op);
  env.start(next);
  waitFor(next, Call::read);
  for (int i = 0; i < 100; i++) Runtime::instance().supervisor().interrupt(op, generation, 0);
  CHECK_EQ(next->state.state(), State::Running);
  pipe.put("x");
  CHECK_EQ(env.await(next).outcome, Outcome::completed);
}

// Signals that nobody asked for never show, neither in a call that blocks nor in quick ones.
void foreignSignals(const TempDir& dir) {
  Env env;
  Pipe pipe;
  const std::string file = dir.write("quick", "content");
  Op* op = env.makeRead(pipe.read, 1);
  env.start(op);
  waitFor(op, Call::read);
  Worker* worker = workerOf(*op);
  for (int i = 0; i < 2000; i++) {
    signalWorker(*worker, Runtime::instance().signal());
    if (i % 10 != 0) continue;
    CHECK_EQ(env.run(env.make(Code::access, file)).value, 0);
    CHECK_EQ(op->state.state(), State::Running);
  }
  pipe.put("x");
  CHECK_EQ(env.await(op).value, 1);
  // That worker again, and every other one.
  for (int i = 0; i < 2000; i++) {
    Op* quick = env.make(Code::readFile, file);
    quick->d0 = 1e9;
    env.start(quick);
    if (Worker* now = workerOf(*quick); now != nullptr) worker = now;
    signalWorker(*worker, Runtime::instance().signal());
    const Result r = env.await(quick);
    CHECK_EQ(r.outcome, Outcome::completed);
    CHECK_EQ(r.bytes, "content");
  }
}

void hundredsAtOnce() {
  Env env;
  Pipe pipe;
  std::vector<Op*> ops;
  for (int i = 0; i < 500; i++) {
    ops.push_back(env.makeRead(pipe.read, 1));
    env.submit(ops.back());
  }
  env.flush();
  for (Op* op : ops) waitFor(op, Call::read);
  for (Op* op : ops) env.interrupt(op);
  for (size_t i = 0; i < ops.size(); i++) {
    Event* event = env.next();
    CHECK_EQ(event->outcome, Outcome::interrupted);
    env.finish(event);
  }
}

}  // namespace

int main() {
  watchdog();
  startPool();
  const int before = openDescriptors();
  {
    const TempDir dir;
    blockedCalls(dir);
    partOfAWrite();
    composites(dir);
    for (int i = 0; i < 200; i++) cancelled();
    tooLate();
    foreignSignals(dir);
    hundredsAtOnce();
  }
  CHECK_EQ(openDescriptors(), before);
}
