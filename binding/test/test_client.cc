// A client's events: their order, the wake-ups, and their memory.
#include <set>
#include <thread>

#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void oneAfterTheOther(const TempDir& dir) {
  Env env;
  const std::string file = dir.write("one", "content");
  for (int i = 0; i < 1000; i++) {
    const Result r = env.run(env.make(Code::stat, file));
    CHECK_EQ(r.outcome, Outcome::completed);
    CHECK_EQ(r.value, 0);
    CHECK(r.hasNumbers);
    CHECK_EQ(r.numbers[8], 7);
  }
  CHECK_EQ(env.client().slots(), 64);  // one slot was enough
}

// A worker that has just ended one op takes the next by the time at which the one before ended.
void times(const TempDir& dir) {
  Env env;
  const std::string file = dir.write("times", "");
  for (int i = 0; i < 20000; i++) {
    env.start(env.make(Code::access, file));
    if (i % 8 != 7) continue;
    for (int left = 8; left > 0; left--) {
      Event* event = env.next();
      const Op& op = *event->op;
      CHECK(op.startedNs.load() >= op.queuedNs);
      CHECK(op.endedNs.load() >= op.startedNs.load());
      env.finish(event);
    }
  }
}

// All at once, as one chain.
void manyAtOnce(const TempDir& dir) {
  Env env;
  const std::string file = dir.write("many", "");
  constexpr size_t kMany = 20000;
  std::vector<bool> seen(kMany);
  for (size_t i = 0; i < kMany; i++) env.submit(env.make(Code::access, file));
  env.flush();
  for (size_t i = 0; i < kMany; i++) {
    Event* event = env.next();
    const auto slot = static_cast<size_t>(event->op->slot);
    CHECK(slot < kMany && !seen[slot]);
    seen[slot] = true;
    CHECK_EQ(event->op->result, 0);
    CHECK_EQ(event->outcome, Outcome::completed);
    CHECK(event->last);
    env.finish(event);
  }
  CHECK(env.client().take() == nullptr);
}

// Events come oldest first.
void order() {
  Env env;
  Pipe pipe;
  std::vector<Op*> ops;
  for (int i = 0; i < 5; i++) ops.push_back(env.makeRead(pipe.read, 1));
  for (Op* op : ops) env.start(op);
  eventually([&] {
    for (const Op* op : ops) {
      if (op->state.state() != State::Running) return false;
    }
    return true;
  });
  // Each op has ended before the next one is interrupted.
  for (const int i : {3, 0, 4, 2, 1}) {
    env.interrupt(ops[i]);
    eventually([&] { return ops[i]->state.state() == State::Done && env.client().completions() > 0; });
    const Result r = env.await(ops[i]);
    CHECK_EQ(r.outcome, Outcome::interrupted);
    CHECK_EQ(r.value, -EINTR);
  }
}

void failedBeforeItBegan() {
  Env env;
  Op* op = env.make(Code::stat, "/");
  env.client().fail(op, -ENOMEM);
  const Result r = env.await(op);
  CHECK_EQ(r.outcome, Outcome::completed);
  CHECK_EQ(r.value, -ENOMEM);
}

// The client is woken once for each time that it was armed, and not otherwise.
void wakeUps() {
  static std::atomic<uint32_t> wakes{0};
  Client* client = Client::open(
      [](void*) {
        wakes.fetch_add(1);
        wakeOne(wakes);
      },
      nullptr);
  Pipe pipe;
  const auto blocked = [&](int slot) {
    submitRead(*client, slot, pipe.read);
    client->flush();
  };
  blocked(0);
  blocked(1);
  CHECK(client->take() == nullptr);
  CHECK(client->arm(1));
  pipe.put("ab");
  while (wakes.load() == 0) waitWhile(wakes, 0, -1);
  for (int i = 0; i < 2; i++) {
    Event* event = nullptr;
    eventually([&] { return (event = client->take()) != nullptr; });
    client->finish(event);
  }
  CHECK_EQ(wakes.load(), 1);
  blocked(0);
  pipe.put("c");
  eventually([&] { return client->completions() > 0; });
  CHECK(!client->arm(1));
  client->finish(client->take());
  CHECK_EQ(wakes.load(), 1);
  client->close();
}

// A completion is held back for others while another environment's op is in the queue. It is delivered
// although that op is cancelled a moment later, and although the supervisor had stopped looking. If the other
// op comes too late, the completion is not held back: both ends of the race are tried.
void heldBackForOthers(const TempDir& dir) {
  const std::string file = dir.write("other", "");
  std::atomic<uint32_t> wakes{0};
  Client* client = Client::open(
      [](void* context) {
        auto& count = *static_cast<std::atomic<uint32_t>*>(context);
        count.fetch_add(1);
        wakeOne(count);
      },
      &wakes);
  Pipe pipe;
  std::vector<Op*> blocked;
  for (int slot = 0; slot < 8; slot++) blocked.push_back(submitRead(*client, slot, pipe.read));
  client->flush();
  eventually([&] {
    return std::all_of(blocked.begin(), blocked.end(),
                       [](const Op* op) { return op->state.state() == State::Running; });
  });
  CHECK(client->arm(4));
  eventually([] { return !Runtime::instance().main().isSupervised(); });
  Env other;
  Op* op = other.make(Code::access, file);
  std::thread writer([&] { pipe.put("x"); });
  other.start(op);
  CHECK_EQ(other.await(op).value, 0);
  writer.join();
  while (wakes.load() == 0) waitWhile(wakes, 0, -1);
  pipe.put(std::string(blocked.size() - 1, 'x'));
  for (size_t i = 0; i < blocked.size(); i++) {
    Event* event = nullptr;
    eventually([&] { return (event = client->take()) != nullptr; });
    client->finish(event);
  }
  CHECK_EQ(wakes.load(), 1);
  client->close();
}

void memoryComesBack(const TempDir& dir) {
  eventually([] { return Allocator::instance().taken() == 0; });
  {
    Env env;
    const std::string file = dir.write("big", std::string(300000, 'x'));
    for (int i = 0; i < 100; i++) {
      Op* op = env.make(Code::readFile, file);
      op->i0 = O_RDONLY;
      op->d0 = 1e9;
      const Result r = env.run(op);
      CHECK_EQ(r.value, 300000);
      CHECK_EQ(r.bytes.size(), 300000);
    }
    CHECK(Allocator::instance().taken() > 0);
  }
  eventually([] { return Allocator::instance().taken() == 0; });
}

// One slot is waited for. Other completions stay, in their order.
void waitForOne(const TempDir& dir) {
  Env env;
  const std::string file = dir.write("one", "content");
  Op* before = env.make(Code::access, file);
  Op* after = env.make(Code::stat, file);
  env.start(before);
  eventually([&] { return env.client().completions() == 1; });
  env.start(after);
  eventually([&] { return env.client().completions() == 2; });
  Pipe pipe;
  Op* stuck = env.makeRead(pipe.read, 1);
  env.start(stuck);
  CHECK(env.client().waitFor(stuck->slot, nowNs() + kMillisecond) == nullptr);
  eventually([&] { return stuck->state.state() == State::Running; });
  env.interrupt(stuck);
  Event* event = env.client().waitFor(stuck->slot, -1);
  CHECK(event != nullptr && event->op == stuck);
  CHECK_EQ(event->outcome, Outcome::interrupted);
  env.finish(event);
  for (const Op* op : {before, after}) {
    event = env.client().take();
    CHECK(event != nullptr && event->op == op);
    env.finish(event);
  }
  CHECK(env.client().take() == nullptr);
}

// The waiting thread is woken, whenever it went to sleep.
void waitForMany(const TempDir& dir) {
  Env env;
  const std::string file = dir.write("many", "");
  for (int i = 0; i < 2000; i++) {
    Op* op = env.make(Code::access, file);
    env.start(op);
    Event* event = env.client().waitFor(op->slot, -1);
    CHECK(event != nullptr && event->op == op);
    env.finish(event);
  }
  CHECK_EQ(env.client().out(), 0);
}

// The memory of clients is used again.
void reuse(const TempDir& dir) {
  const std::string file = dir.write("reuse", "");
  std::set<Client*> clients;
  int again = 0;
  eventually([&] {
    Env env;
    again += clients.insert(&env.client()).second ? 0 : 1;
    CHECK_EQ(env.run(env.make(Code::access, file)).value, 0);
    return again == 100;
  });
}

}  // namespace

int main() {
  watchdog();
  startPool();
  const TempDir dir;
  oneAfterTheOther(dir);
  times(dir);
  manyAtOnce(dir);
  order();
  failedBeforeItBegan();
  wakeUps();
  for (int i = 0; i < 50; i++) heldBackForOthers(dir);
  memoryComesBack(dir);
  waitForOne(dir);
  waitForMany(dir);
  reuse(dir);
}
