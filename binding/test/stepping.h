// Kills a task of the pool at each instruction of a path that it takes: a scenario.
//
// A path is recorded by single steps. Then it is run again for each of its instructions, with a breakpoint
// there (a debug register, since the threads share the code), and the task is killed at it.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "core/pool.h"
#include "core/runtime.h"
#include "core/worker.h"
#include "test/harness.h"
#include "test/traced.h"

namespace pendingop::test {

// A loop's body is tried this often.
constexpr size_t kMostRounds = 2;
// The instructions between the gate and the system call.
constexpr size_t kUnmade = 13 * kMostRounds;
constexpr int64_t kPatience = 20 * kSecond;

inline Pool* pool;  // whose tasks are killed
std::string folder;

// The calls of the test's environment, each with the instruction at which its task was killed.
class Calls {
 public:
  explicit Calls(const char* scenario) : env(pool), scenario_(scenario) {}
  ~Calls() {
    settle();
    Op* op = make();
    start(op, 0);
    settle();
  }
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  Op* make() { return env.make(Code::stat, "/"); }
  void start(Op* op, uintptr_t killedAt) {
    CHECK(!under_.contains(op));
    under_[op] = {killedAt, 0};
    env.start(op);
  }
  void killedAt(Op* op, uintptr_t at) { under_.at(op).killedAt = at; }

  // Takes the events that have come, and waits until there is none to wait for.
  void settle() {
    takeUntil([this] { return under_.empty(); });
  }
  void awaitAnswer(Op* op) {
    takeUntil([this, op] { return !under_.contains(op) || under_.at(op).answers > 0; });
  }
  // Has a worker at rest.
  void warmUp() {
    eventually([this] {
      Op* op = make();
      start(op, 0);
      takeUntil([this, op] { return !under_.contains(op); });
      return pool->idle() > 0;
    });
  }

 private:
  struct Under {
    uintptr_t killedAt;
    int answers;
  };

  template <typename Condition>
  void takeUntil(Condition condition) {
    while (!condition()) {
      Event* event = env.next(1, kPatience);
      if (event == nullptr) tell();
      take(event);
    }
  }

 public:
  void take(Event* event) {
    Op* op = event->op;
    const auto found = under_.find(op);
    if (found == under_.end()) {
      fprintf(stderr, "%s: an event of a call that is over\n", scenario_);
      _exit(1);
    }
    if (event == &op->done) {
      CHECK_EQ(++found->second.answers, 1);
      if (event->outcome == Outcome::completed && makesDescriptor(op->code)) {
        CHECK(op->result >= 0);
        ::close(static_cast<int>(op->result));
      } else if (event->outcome == Outcome::completed && op->code == Code::stat) {
        CHECK_EQ(op->result, 0);
        CHECK(op->hasNumbers);
      } else if (event->outcome == Outcome::killed || event->outcome == Outcome::interrupted) {
        CHECK_EQ(op->result, -EINTR);
      }
    }
    if (event->last) under_.erase(found);
    env.finish(event);
  }

  [[noreturn]] void tell() {
    if (env.client().completions() > 0) fprintf(stderr, "%s: nobody was woken\n", scenario_);
    for (const auto& [op, under] : under_)
      fprintf(stderr, "%s: a call in state %s is pending, its task was killed at %#zx of the program\n",
              scenario_, nameOf(op->state.state()), under.killedAt);
    _exit(1);
  }

  Env env;

 private:
  const char* const scenario_;
  std::map<Op*, Under> under_;
};

// A worker whose task is in a call that does not end by itself.
inline Worker* blocked = nullptr;

struct Target {
  Worker* worker;
  std::unique_ptr<Traced> task;
};

// Stops every task of the records, once all that live are at rest, but the one that is blocked.
template <typename Records, typename Rests>
std::vector<Target> stopAll(Records records, Rests rests) {
  std::vector<Target> stopped;
  eventually([&] {
    std::vector<Worker*> found;
    bool areAllAtRest = true;
    records([&](Worker& worker) {
      if (!worker.started.load() || worker.alive.load() == 0 || &worker == blocked) return;
      if (rests(worker))
        found.push_back(&worker);
      else
        areAllAtRest = false;
    });
    if (!areAllAtRest) return false;
    for (Worker* worker : found) stopped.push_back({worker, std::make_unique<Traced>(worker->thread.load())});
    return true;
  });
  return stopped;
}

// Of tasks that are stopped at rest, the first one of which this is true; the others go on.
template <typename Condition>
Target firstOf(std::vector<Target>& stopped, Condition condition) {
  Target target{};
  eventually([&] {
    for (Target& one : stopped) {
      if (!target.task && condition(*one.worker)) target = std::move(one);
    }
    return target.task != nullptr;
  });
  return target;
}

inline Target woken(Calls& calls, Place place, const std::function<void()>& wake) {
  for (;;) {
    calls.warmUp();
    std::vector<Target> stopped =
        stopAll([](auto use) { pool->eachWorker(use); },
                [](const Worker& worker) { return worker.place == Place::resting; });
    if (stopped.empty()) continue;
    wake();
    return firstOf(stopped, [place](const Worker& worker) { return worker.place == place; });
  }
}

// One run of a task, which is stopped where the run begins.
struct Scenario {
  const char* name;
  // Has the task go on with something, and stops it at the beginning.
  std::function<Target(Calls&)> begin;
  // Whether the path is over: the task is about to make this system call.
  long last = SYS_futex;
  std::function<bool(Worker&)> isOver = [](Worker& worker) { return worker.place == Place::resting; };
  // At the first instruction at which `when` is true, `then` happens. The task is killed after that.
  std::function<bool()> when = [] { return true; };
  std::function<void(Calls&)> then = [](Calls&) {};
  std::function<void(Calls&, uintptr_t at)> killed = [](Calls&, uintptr_t) {};
  std::function<void(Calls&)> after = [](Calls&) {};
};

struct Path {
  std::vector<uintptr_t> before;  // up to the moment of `then`
  std::vector<uintptr_t> after;
};

inline bool isOver(const Scenario& scenario, const Target& target) {
  return scenario.isOver(*target.worker) && target.task->isAboutTo(scenario.last);
}

inline Path record(const Scenario& scenario, Calls& calls) {
  Target target = scenario.begin(calls);
  Path path;
  bool happened = false;
  for (;;) {
    if (!happened && scenario.when()) {
      happened = true;
      scenario.then(calls);
    }
    (happened ? path.after : path.before).push_back(target.task->at());
    if (isOver(scenario, target)) break;
    CHECK(target.task->step());
  }
  CHECK(happened);
  target.task->release();
  scenario.after(calls);
  return path;
}

inline size_t roundOf(const std::vector<uintptr_t>& path, size_t index) {
  return static_cast<size_t>(
      std::count(path.begin(), path.begin() + static_cast<ptrdiff_t>(index), path[index]));
}

// Runs to the instruction of that index. False if this run has taken another path.
inline bool reach(const Scenario& scenario, const Target& target, const std::vector<uintptr_t>& path,
                  size_t index, uintptr_t last) {
  if (index == 0) return true;
  const uintptr_t there = path[index];
  size_t rounds = roundOf(path, index) + (path[0] == there ? 0 : 1);
  while (target.task->runTo(there, last)) {
    if (target.task->at() == there && --rounds == 0) return true;
    if (isOver(scenario, target)) return false;
  }
  return false;
}

extern "C" const char __executable_start[];  // NOLINT: the linker's

// How many descriptors lead below the folder of the test.
size_t openBelow() {
  size_t count = 0;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored))
    count += std::filesystem::read_symlink(entry, ignored).string().starts_with(folder);
  return count;
}

// Of a path that has to be stepped, about so many instructions are tried.
constexpr size_t kSteppedRuns = 150;

inline void everywhere(const Scenario& scenario) {
  Calls calls(scenario.name);
  const Path path = record(scenario, calls);
  calls.settle();
  const uintptr_t last = path.after.back();
  size_t kills = 0;
  size_t missed = 0;
  std::vector<size_t> tried;
  for (size_t i = 0; i < path.after.size(); i++) {
    if (roundOf(path.after, i) < kMostRounds) tried.push_back(i);
  }
  // Without breakpoints each run is stepped from its beginning, so not all of them are made.
  const size_t stride = hasBreakpoints() ? 1 : tried.size() / kSteppedRuns + 1;
  for (size_t at = 0; at < tried.size(); at += stride) {
    const size_t i = tried[at];
    Target target = scenario.begin(calls);
    const size_t before = path.before.size();
    std::vector<uintptr_t> toThen = path.before;
    toThen.push_back(path.after[0]);
    if (reach(scenario, target, toThen, before, last)) {
      scenario.then(calls);
      if (reach(scenario, target, path.after, i, last)) {
        const uintptr_t place = target.task->at() - reinterpret_cast<uintptr_t>(__executable_start);
        target.task->kill();
        Runtime::instance().supervisor().lookForKilled();
        scenario.killed(calls, place);
        kills++;
      }
    }
    if (target.task->isAlive()) missed++;
    target.task->release();
    scenario.after(calls);
  }
  calls.settle();
  eventually([] { return pool->workers() == pool->idle(); });
  static size_t left = 0;
  // A close that was begun, but not made yet, counts as made (po_syscall_saved).
  eventually([] { return openBelow() <= left + kUnmade; });
  printf("%s: %zu instructions, %zu kills, %zu missed, %zu descriptors left\n", scenario.name,
         path.after.size(), kills, missed, openBelow() - left);
  left = openBelow();
  fflush(stdout);
  CHECK(kills > 50);
  CHECK(missed < kills / 4);
}

}  // namespace pendingop::test
