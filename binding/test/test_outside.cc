// Tasks that somebody else kills, at each instruction of what they do: take a call, run it, report it, ask
// for a file, open one for another task, go on with the stack of a killed one, end. Every call ends once, and
// nothing stays behind.
//
// test/stepping.h goes through the instructions; this file says what the task does meanwhile.
#include <fcntl.h>
#include <sys/syscall.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <thread>

#include "core/lanes.h"
#include "sys/signal.h"
#include "sys/task.h"
#include "sys/thread.h"
#include "test/harness.h"
#include "test/silence.h"

using namespace pendingop;
using namespace pendingop::test;

#if defined(PENDINGOP_BACKEND_LINUX) && defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && \
    !defined(__SANITIZE_ADDRESS__)

#include "sys/linux/plain.h"
#include "test/stepping.h"

namespace {

// The call that a scenario is about.
Op* current;

Scenario callOf(const char* name, std::function<Op*(Calls&)> make) {
  Scenario scenario{};
  scenario.name = name;
  scenario.begin = [make = std::move(make)](Calls& calls) {
    return woken(calls, Place::coming, [&] {
      current = make(calls);
      calls.start(current, 0);
    });
  };
  scenario.killed = [](Calls& calls, uintptr_t at) { calls.killedAt(current, at); };
  return scenario;
}

bool makesCall(Call call) { return current->call.load() == call; }

void plain() {
  everywhere(callOf("a call", [](Calls& calls) { return calls.make(); }));
}

void interrupted() {
  Scenario scenario = callOf("an interrupted call", [](Calls& calls) { return calls.make(); });
  scenario.when = [] { return current->call.load() != Call::none; };
  scenario.then = [](Calls& calls) { calls.env.interrupt(current); };
  everywhere(scenario);
}

void reads(const std::string& file) {
  everywhere(callOf("a call that opens, reads and closes a file", [&](Calls& calls) {
    Op* op = calls.env.make(Code::readFile, file);
    op->d0 = 1e9;
    return op;
  }));
}

// It has two files open.
void copies(const std::string& file) {
  everywhere(callOf("a call that copies a file",
                    [&](Calls& calls) { return calls.env.make(Code::copyFile, file, file + ".copy"); }));
}

// Its file is closed after its caller has been answered.
void settledEarly(const std::string& file) {
  Scenario scenario = callOf("an interrupted call with an open file", [&](Calls& calls) {
    Op* op = calls.env.make(Code::readFile, file);
    op->d0 = 1e9;
    return op;
  });
  scenario.when = [] { return makesCall(Call::read); };
  scenario.then = [](Calls& calls) { calls.env.interrupt(current); };
  everywhere(scenario);
}

void abandoned(const std::string& file) {
  Scenario scenario =
      callOf("an abandoned call", [&](Calls& calls) { return calls.env.makeOpen(file, O_RDONLY); });
  scenario.when = [] { return current->result >= 3; };
  scenario.then = [](Calls& calls) {
    calls.env.interrupt(current, kMicrosecond);
    calls.awaitAnswer(current);
  };
  everywhere(scenario);
}

void closedEnvironment() {
  std::unique_ptr<Env> env;
  Scenario scenario{};
  scenario.name = "a call of a closed environment";
  scenario.begin = [&](Calls& calls) {
    return woken(calls, Place::coming, [&] {
      env = std::make_unique<Env>(pool);
      current = env->make(Code::stat, "/");
      env->start(current);
    });
  };
  // Later than that the supervisor could kill the task in a call.
  scenario.when = [] { return current->endedNs.load() != 0; };
  scenario.then = [&](Calls&) { env->close(); };
  everywhere(scenario);
}

// A thread that sleeps until it is told to go on.
template <typename Body>
std::thread sleeper(Body body) {
  std::atomic<uint32_t> id{0};
  std::thread thread([&id, body] {
    id.store(sys::threadId());
    body();
  });
  eventually([&] { return id.load() != 0 && !sys::isRunnable(id.load()); });
  return thread;
}

// A thread waits for the call as a synchronous function does.
void awaited() {
  std::thread waiting;
  Event* event;
  Scenario scenario = callOf("a call that a thread waits for", [](Calls& calls) { return calls.make(); });
  scenario.begin = [&, begin = scenario.begin](Calls& calls) {
    Target target = begin(calls);
    waiting =
        sleeper([&, slot = current->slot] { event = calls.env.client().waitFor(slot, nowNs() + kPatience); });
    return target;
  };
  scenario.after = [&](Calls& calls) {
    waiting.join();
    CHECK(event != nullptr);
    calls.take(event);
  };
  everywhere(scenario);
}

void asks(const std::string& file) {
  everywhere(callOf("a call that has a file opened",
                    [&](Calls& calls) { return calls.env.makeOpen(file, O_RDONLY); }));
}

void opens(const std::string& file) {
  Scenario scenario{};
  scenario.name = "a task that opens a file for another";
  scenario.begin = [&](Calls& calls) {
    for (;;) {
      Op* op = calls.env.makeOpen(file, O_RDONLY);
      calls.start(op, 0);
      calls.settle();
      std::vector<Target> stopped = stopAll([](auto use) { Runtime::instance().openers().eachWorker(use); },
                                            [](const Worker& worker) { return worker.idle; });
      if (stopped.empty()) continue;
      current = calls.env.makeOpen(file, O_RDONLY);
      calls.start(current, 0);
      return firstOf(stopped, [](const Worker& worker) { return worker.awake.load() != 0; });
    }
  };
  scenario.isOver = [](Worker& worker) { return worker.idle; };
  scenario.killed = [](Calls& calls, uintptr_t at) { calls.killedAt(current, at); };
  everywhere(scenario);
}

// The task of ours that has this name and lives; 0: there is none.
uint32_t named(const std::string& name) {
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    std::ifstream children(thread.path() / "children");
    for (uint32_t id; children >> id;) {
      std::ifstream status("/proc/" + std::to_string(id) + "/status");
      const std::string text(std::istreambuf_iterator<char>(status), {});
      if (text.starts_with("Name:\t" + name + "\n") && text.find("\nState:\tS") != std::string::npos)
        return id;
    }
  }
  return 0;
}

// The task that makes the tasks which open files. It is killed before or after it has made one.
void makes(const std::string& file) {
  static Worker none(0, nullptr);
  Scenario scenario{};
  scenario.name = "a task that makes another";
  scenario.begin = [&](Calls& calls) {
    calls.settle();
    for (;;) {
      Op* op = calls.env.makeOpen(file, O_RDONLY);
      calls.start(op, 0);
      calls.settle();
      const uint32_t forge = named("pendingop-forge");
      if (forge == 0) continue;
      Runtime::instance().openers().eachWorker([](const Worker& worker) {
        const auto id = static_cast<pid_t>(worker.thread.load());
        if (worker.started.load() && id > 0) kill(id, SIGKILL);
      });
      eventually([] {
        Runtime::instance().supervisor().lookForKilled();
        return Runtime::instance().openers().count() == 0;
      });
      Target target{&none, std::make_unique<Traced>(forge)};
      current = calls.env.makeOpen(file, O_RDONLY);
      calls.start(current, 0);
      return target;
    }
  };
  // It has made one, and waits for the next request.
  scenario.isOver = [](Worker&) {
    bool isMade = false;
    Runtime::instance().openers().eachWorker(
        [&](const Worker& worker) { isMade = isMade || worker.alive.load() > 1; });
    return isMade;
  };
  scenario.killed = [](Calls& calls, uintptr_t at) { calls.killedAt(current, at); };
  everywhere(scenario);
}

// We kill a task in its call, and the one that goes on with its stack is killed by somebody else.
void adopts() {
  Silence silence;
  Pipe pipe;
  Scenario scenario{};
  scenario.name = "a task that goes on for a killed one";
  scenario.begin = [&](Calls& calls) {
    // No stack of an earlier round waits.
    blocked = nullptr;
    calls.settle();
    current = calls.env.makeRead(pipe.read, 1);
    calls.start(current, 0);
    eventually([] { return current->state.state() == State::Running && makesCall(Call::read); });
    blocked = workerOf(*current);
    return woken(calls, Place::coming, [&] { calls.env.interrupt(current, 8 * kSecond / 1000); });
  };
  scenario.isOver = [](Worker&) { return blocked->place == Place::resting; };
  scenario.killed = [](Calls& calls, uintptr_t at) { calls.killedAt(current, at); };
  everywhere(scenario);
  blocked = nullptr;
}

void leaves() {
  Scenario scenario{};
  scenario.name = "a task that ends";
  scenario.begin = [](Calls& calls) {
    return woken(calls, Place::leaving, [] { CHECK(pool->retireOne()); });
  };
  scenario.last = SYS_exit;
  scenario.isOver = [](Worker&) { return true; };
  everywhere(scenario);
}

// A task that takes a lock and gives it back.
struct Keeper {
  RobustMutex lock;
  LockHolder holder;
  std::atomic<uint32_t> holds{0};
  std::atomic<uint32_t> goesOn{0};
  std::atomic<uint32_t> alive{0};
  uint8_t* stack = sys::mapStack();
  uint32_t id = 0;

  Keeper() {
    id = static_cast<uint32_t>(sys::startTask({main, this, stack, &alive, sys::Table::shared}, 0));
    eventually([this] { return holds.load() != 0; });
  }
  ~Keeper() {
    eventually([this] { return alive.load() == 0 && sys::reapTask(id); });
    sys::unmapStack(stack);
  }
  static void main(void* argument) {
    auto& self = *static_cast<Keeper*>(argument);
    self.holder.task = sys::taskId();
    sys::watchLocksOf(self.holder);
    self.lock.lock(&self.holder);
    self.holds.store(1);
    while (self.goesOn.load() == 0) waitWhile(self.goesOn, 0, -1);
    self.lock.unlock(&self.holder);
    sys::endTask();
  }
};

// One thread sleeps on the lock of the task, and another one comes just before the task dies.
bool givesBack(size_t steps) {
  Keeper keeper;
  const auto lockOnce = [&keeper] {
    keeper.lock.lock(nullptr);
    keeper.lock.unlock(nullptr);
  };
  std::thread sleeps = sleeper(lockOnce);
  Traced task(keeper.id);
  keeper.goesOn.store(1);
  for (size_t i = 0; i < steps && !task.isAboutTo(SYS_exit); i++) CHECK(task.step());
  const bool isOver = task.isAboutTo(SYS_exit);
  std::atomic<bool> hasIt{false};
  std::atomic<bool> dead{false};
  std::atomic<uint32_t> id{0};
  std::thread comes([&] {
    id.store(sys::threadId());
    keeper.lock.lock(nullptr);
    hasIt.store(true);
    while (!dead.load()) spinPause();
    keeper.lock.unlock(nullptr);
  });
  eventually([&] { return hasIt.load() || (id.load() != 0 && !sys::isRunnable(id.load())); });
  task.kill();
  dead.store(true);
  comes.join();
  sleeps.join();
  return !isOver;
}

void locks() {
  size_t kills = 0;
  while (givesBack(kills)) kills++;
  printf("a task that gives back a lock: %zu kills\n", kills);
  CHECK(kills > 10);
}

// Nothing of all those that were killed is left: what the kernel has of them, the records, the ops.
void nothingLeft() {
  const sys::Remaining remaining = Runtime::instance().retireTasks(kSecond);
  CHECK_EQ(remaining.kept, 0);
  CHECK_EQ(remaining.held, 0);
  CHECK_EQ(remaining.dying, 0);
  Runtime::instance().resumeTasks();
  pool->eachWorker([](Worker& worker) {
    CHECK(worker.place == Place::gone);
    CHECK(!worker.started.load());
    CHECK_EQ(worker.alive.load(), 0);
    CHECK(worker.stack == nullptr);
  });
  Runtime::instance().openers().eachWorker([](const Worker& worker) {
    CHECK(!worker.started.load());
    CHECK_EQ(worker.alive.load(), 0);
  });
  // The supervisor's client has a stock of 32 for its next closes.
  eventually([] { return Allocator::instance().taken() <= 32; });
}

}  // namespace

int main(int count, char** words) {
  watchdog(280);
  if (sys::tasksRefused()) return 0;
  startPool();
  TempDir dir;
  const std::string file = dir.write("file", "content");
  folder = dir.path();
  Mount mount;
  mount.major = 0;
  mount.minor = 0xffff;
  mount.point = dir.path();
  pool = &Lanes::instance().of(mount)->pool;
  const std::pair<const char*, std::function<void()>> scenarios[] = {
      {"plain", plain},
      {"interrupted", interrupted},
      {"reads", [&] { reads(file); }},
      {"copies", [&] { copies(file); }},
      {"settledEarly", [&] { settledEarly(file); }},
      {"abandoned", [&] { abandoned(file); }},
      {"awaited", awaited},
      {"closed", closedEnvironment},
      {"asks", [&] { asks(file); }},
      {"opens", [&] { opens(file); }},
      {"makes", [&] { makes(file); }},
      {"adopts", adopts},
      {"leaves", leaves},
      {"locks", locks},
  };
  for (const auto& [name, run] : scenarios) {
    if (count < 2 || std::string_view(words[1]) == name) run();
  }
  nothingLeft();
}

#else

// Tasks exist on Linux only, sanitizers refuse them, and the steps are those of x64.
int main() {}

#endif
