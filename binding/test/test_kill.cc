// Workers that are killed in the calls of their ops. No signal reaches them here, as on file systems where no
// signal helps: other code handles the signal, so the supervisor sends none.
#include <signal.h>

#include <string>

#include "core/lanes.h"
#include "sys/signal.h"
#include "test/harness.h"
#include "test/silence.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

constexpr int64_t kGrace = 10 * kSecond;  // a kill comes after a part of it
constexpr int64_t kShort = 10 * kMillisecond;

bool hasTasks() { return !sys::tasksRefused(); }

// How a call ends that no signal ends.
Outcome hardEnd() { return hasTasks() ? Outcome::killed : Outcome::abandoned; }

// Returns the op's result. If the op was abandoned, `unblock` makes the kernel release it.
template <typename F>
Result ended(Env& env, Op* op, Call call, F unblock) {
  env.start(op);
  awaitSleep(op, call);
  env.interrupt(op, hasTasks() ? kGrace : kShort);
  Event* event = env.next();
  CHECK(event->op == op);
  Result result = Env::read(*event);
  const bool last = event->last;
  env.finish(event);
  if (!last) {
    unblock();
    CHECK_EQ(env.await(op).outcome, Outcome::released);
  }
  return result;
}

// After the call in which its worker was killed, the op goes on, and so do all others.
void reads(Env& env, const std::string& file) {
  Silence silence;
  Pipe pipe;
  const int before = openDescriptors();
  for (int i = 0; i < 20; i++) {
    const Result r = ended(env, env.makeRead(pipe.read, 10), Call::read, [&] { pipe.put("x"); });
    CHECK_EQ(r.outcome, hardEnd());
    CHECK(!r.tookEffect);
    CHECK_EQ(env.run(env.make(Code::stat, file)).value, 0);
  }
  CHECK_EQ(openDescriptors(), before);
  pipe.put("still there");
  CHECK_EQ(env.run(env.makeRead(pipe.read, 100)).bytes, "still there");
}

// Many at a time, again and again: stacks and records are used again.
void manyReads(Env& env) {
  if (!hasTasks()) return;  // nothing would end them one by one
  Silence silence;
  Pipe pipe;
  for (int round = 0; round < 4; round++) {
    std::vector<Op*> ops;
    for (int i = 0; i < 100; i++) ops.push_back(env.makeRead(pipe.read, 1));
    for (Op* op : ops) env.submit(op);
    env.flush();
    for (Op* op : ops) awaitSleep(op, Call::read);
    for (Op* op : ops) env.interrupt(op, kGrace);
    for (size_t i = 0; i < ops.size(); i++) {
      Event* event = env.next();
      CHECK_EQ(event->outcome, Outcome::killed);
      env.finish(event);
    }
  }
}

// Ops that are interrupted again and again while they are being killed, with less grace each time: each is
// killed once.
void impatient(Env& env) {
  if (!hasTasks()) return;
  Silence silence;
  Pipe pipe;
  for (int round = 0; round < 20; round++) {
    std::vector<Op*> ops;
    for (int i = 0; i < 300; i++) ops.push_back(env.makeRead(pipe.read, 1));
    for (Op* op : ops) env.submit(op);
    env.flush();
    for (Op* op : ops) awaitSleep(op, Call::read);
    for (const int64_t grace : {16, 12, 10, 8, 7, 6, 5, 4, 3}) {
      for (Op* op : ops) env.interrupt(op, grace * kMillisecond);
      const timespec pause{0, 300 * kMicrosecond};
      nanosleep(&pause, nullptr);
    }
    // An op whose kill took long was abandoned first.
    for (size_t over = 0; over < ops.size();) {
      Event* event = env.next();
      CHECK(event->outcome != Outcome::completed);
      over += event->last ? 1 : 0;
      env.finish(event);
    }
  }
}

// If the kernel had answered before the kill, the answer counts: a byte is either reported or still in the
// pipe.
void returned(Env& env) {
  Pipe waits;
  Silence silence;
  for (int i = 0; i < 300; i++) {
    Op* op = env.makeRead(waits.read, 1);
    env.start(op);
    awaitSleep(op, Call::read);
    // The kill comes after a millisecond. If it is late, as on a busy machine, the op is abandoned.
    env.interrupt(op, 8 * kMillisecond);
    const timespec pause{0, 800 * kMicrosecond + i % 40 * 10 * kMicrosecond};
    nanosleep(&pause, nullptr);
    waits.put("x");
    Event* event = env.next();
    const Result r = Env::read(*event);
    const bool last = event->last;
    env.finish(event);
    if (!last) CHECK_EQ(env.await(op).outcome, Outcome::released);
    char bytes[3];
    if (r.outcome == Outcome::completed) {
      CHECK_EQ(r.bytes, "x");
      waits.put("y");
      CHECK_EQ(read(waits.read, bytes, sizeof bytes), 1);
    } else {
      // A worker that is killed on its way out of the kernel may have taken the byte all the same.
      CHECK_EQ(r.outcome, last ? Outcome::killed : Outcome::abandoned);
      waits.put("y");
      CHECK(read(waits.read, bytes, sizeof bytes) > 0);
    }
    CHECK_EQ(env.run(env.make(Code::stat, "/")).value, 0);
  }
}

// A file of a remote file system: another task opens it and passes it on.
void opens(Env& env, const TempDir& dir, const std::string& file) {
  const std::string fifo = dir.fifo("fifo");
  Result r = env.run(env.makeOpen(file, O_RDONLY));
  CHECK(r.value >= 0);
  CHECK_EQ(fcntl(static_cast<int>(r.value), F_GETFD), FD_CLOEXEC);
  CHECK_EQ(close(static_cast<int>(r.value)), 0);
  CHECK_EQ(env.run(env.makeOpen(dir / "missing", O_RDONLY)).value, -ENOENT);
  const int before = openDescriptors();
  const auto comeAndGo = [&] { close(open(fifo.c_str(), O_RDWR)); };

  Op* waits = env.makeOpen(fifo, O_RDONLY);
  env.start(waits);
  awaitSleep(waits, Call::openat);
  env.interrupt(waits);
  CHECK_EQ(env.await(waits).outcome, Outcome::interrupted);

  Silence silence;
  for (int i = 0; i < 10; i++) {
    r = ended(env, env.makeOpen(fifo, O_RDONLY), Call::openat, comeAndGo);
    CHECK_EQ(r.outcome, hardEnd());
    CHECK(!r.tookEffect);
    Op* whole = env.make(Code::readFile, fifo);
    whole->d0 = 1e9;
    r = ended(env, whole, Call::openat, comeAndGo);
    CHECK_EQ(r.outcome, hardEnd());
    r = env.run(env.makeOpen(file, O_RDONLY));
    CHECK(r.value >= 0);
    CHECK_EQ(close(static_cast<int>(r.value)), 0);
  }
  eventually([&] { return openDescriptors() == before; });
}

}  // namespace

int main() {
  watchdog(240);
  startPool();
  Runtime::instance().setKillable(Killable::always);
  TempDir dir;
  const std::string file = dir.write("file", "content");
  {
    Env env;
    CHECK_EQ(env.run(env.make(Code::stat, file)).value, 0);
    reads(env, file);
    manyReads(env);
    impatient(env);
    returned(env);
  }
  {
    Mount mount;
    mount.major = 0;
    mount.minor = 0xffff;
    mount.point = dir.path();
    Env env(&Lanes::instance().of(mount)->pool);
    CHECK_EQ(env.run(env.make(Code::stat, file)).value, 0);
    opens(env, dir, file);
  }
  eventually([] { return Allocator::instance().taken() == 0; });
  return 0;
}
