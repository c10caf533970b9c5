// Who is awake, and when workers are added: core/schedule.h without a kernel, and with a clock that the test
// moves. First some cases by hand, then every interleaving of a few ops and workers: in each reachable state
// the invariant has to hold, and from each of them every op has to come to its end.
#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/schedule.h"
#include "test/check.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

constexpr int64_t kLong = 10 * kShortCall;

// A pool whose workers do what the test says. Ops and workers are known by number.
class World {
 public:
  World(size_t processors, size_t workers, size_t ops) : schedule(processors) {
    for (size_t i = 0; i < workers; i++) {
      all_.push_back(std::make_unique<Worker>(static_cast<uint32_t>(i), nullptr));
      all_.back()->thread = static_cast<uint32_t>(i + 1);
      records.push_back(all_.back().get());
    }
    for (size_t i = 0; i < ops; i++) this->ops.push_back(std::make_unique<Op>());
  }

  Worker& worker(size_t n) { return *records[n]; }
  Place place(size_t n) { return worker(n).place; }

  // Starts a worker that finds nothing to do and rests.
  void rest(size_t n) {
    schedule.onStarting(worker(n));
    CHECK(take(n) == nullptr);
    CHECK(place(n) == Place::resting);
  }
  Schedule::Demand submit(std::initializer_list<size_t> numbers) {
    Op* first = nullptr;
    Op* last = nullptr;
    for (const size_t n : numbers) {
      Op* op = ops[n].get();
      op->nextQueued = nullptr;
      (last == nullptr ? first : last->nextQueued) = op;
      last = op;
    }
    return schedule.onSubmitted(first, last, numbers.size(), now);
  }
  Op* take(size_t n, bool maySearch = false) {
    return schedule.take(worker(n), now, maySearch, &stack, &demand);
  }
  void cancel(size_t n) {
    CHECK(ops[n]->state.move(State::Queued, State::Done));
    schedule.remove(*ops[n]);
  }
  size_t check(bool lastRuns = false) { return schedule.check(now, lastRuns, &demand, &next); }
  bool isOnTheWay() {
    for (Worker* worker : records) {
      const Place place = worker->place;
      if (place == Place::coming || place == Place::searching) return true;
    }
    return false;
  }
  void checkInvariant() { CHECK(schedule.isEmpty() || isOnTheWay() || schedule.isSupervised()); }

  int64_t now = kLong;
  Schedule schedule;
  std::vector<std::unique_ptr<Op>> ops;
  std::vector<Worker*> records;
  Schedule::Demand demand;
  Worker* stack = nullptr;
  int64_t next = 0;

 private:
  std::vector<std::unique_ptr<Worker>> all_;
};

void oneAtATime() {
  World w(1, 1, 2);
  w.rest(0);
  for (int i = 0; i < 3; i++) {
    const Schedule::Demand demand = w.submit({0});
    // As soon as it may be woken: also within kShortCall of the last op.
    CHECK(demand.wake == &w.worker(0));
    CHECK(!demand.supervise);
    CHECK(w.take(0) == w.ops[0].get());
    CHECK(!w.demand.supervise);
    CHECK(w.take(0) == nullptr);
    CHECK(w.place(0) == Place::resting);
    w.ops[0]->state.move(State::Running, State::Done);
  }
  CHECK(!w.schedule.isSupervised());
}

void aTicksCallsWakeOne() {
  World w(4, 3, 3);
  for (size_t i = 0; i < 3; i++) w.rest(i);
  CHECK(w.submit({0, 1}).wake == &w.worker(2));
  // A worker is coming, so no other one is woken.
  CHECK(w.submit({2}).wake == nullptr);
  // It leaves ops in the queue, and there are processors.
  CHECK(w.take(2) == w.ops[0].get());
  CHECK(w.demand.wake == &w.worker(1));
  CHECK(w.take(1) == w.ops[1].get());
  CHECK(w.demand.wake == &w.worker(0));
  CHECK(w.take(0) == w.ops[2].get());
  CHECK(w.demand.wake == nullptr && !w.demand.supervise);
}

void noMoreThanProcessors() {
  World w(2, 2, 3);
  w.rest(0);
  w.rest(1);
  w.submit({0, 1, 2});
  CHECK(w.take(1) == w.ops[0].get());
  // The loop has the other processor. The supervisor checks whether the worker comes back.
  CHECK(w.demand.wake == nullptr && w.demand.supervise);
  // The loop sleeps, so its processor is free.
  CHECK(w.schedule.onLoopSleeps(w.now).wake == &w.worker(0));
  CHECK(w.schedule.onLoopSleeps(w.now).wake == nullptr);
}

void blockedWorkers() {
  World w(1, 8, 8);
  w.rest(0);
  w.submit({0, 1, 2, 3, 4, 5, 6});
  CHECK(w.take(0) == w.ops[0].get());
  CHECK(w.demand.supervise);
  // It began just now.
  CHECK_EQ(w.check(), 0);
  CHECK_EQ(w.next, w.now + kLookInterval);
  w.now += kLookInterval;
  // A worker that waits for a processor is expected to come back, but not for ever.
  CHECK_EQ(w.check(true), 0);
  CHECK_EQ(w.schedule.hopeOf(w.now), 1);
  w.now += kLongestRun;
  CHECK_EQ(w.schedule.hopeOf(w.now), 0);
  // One worker is added, then twice as many each time, as long as none comes back.
  CHECK_EQ(w.check(), 1);
  w.schedule.onStarting(w.worker(1));
  CHECK_EQ(w.check(), 0);
  CHECK(w.take(1) == w.ops[1].get());
  CHECK_EQ(w.check(), 0);
  w.now += kLookInterval;
  CHECK_EQ(w.check(), 2);
  for (size_t i = 2; i < 4; i++) w.schedule.onStarting(w.worker(i));
  for (size_t i = 2; i < 4; i++) CHECK(w.take(i) == w.ops[i].get());
  // One comes back, and blocks in the next op: one more worker is enough.
  CHECK(w.take(3) == w.ops[4].get());
  w.now += kLookInterval;
  CHECK_EQ(w.check(), 1);
  // It cannot be started: the supervisor goes on looking.
  CHECK(w.schedule.isSupervised());
  w.cancel(5);
  w.cancel(6);
  CHECK_EQ(w.check(), 0);
  CHECK_EQ(w.check(), 0);
  CHECK_EQ(w.next, kNever);
  CHECK(!w.schedule.isSupervised());
}

// A worker that has been in its call for long is no reason not to wake another one.
void oneIsStuck() {
  World w(1, 2, 2);
  w.rest(0);
  w.rest(1);
  w.submit({0});
  CHECK(w.take(1) == w.ops[0].get());
  w.now += 2 * kShortCall;
  CHECK(w.submit({1}).wake == &w.worker(0));
}

void searching() {
  World w(2, 2, 40);
  w.rest(0);
  w.submit({0});
  CHECK(w.take(0, true) == w.ops[0].get());
  CHECK(w.take(0, true) == nullptr);
  CHECK(w.place(0) == Place::searching);
  // The worker is there already. Another one would be in its way.
  w.schedule.onStarting(w.worker(1));
  CHECK(w.take(1, true) == nullptr);
  CHECK(w.place(1) == Place::resting);
  CHECK(w.submit({1}).wake == nullptr);
  // It has lost its processor.
  CHECK(w.schedule.onLoopSleeps(w.now).wake == &w.worker(1));
  CHECK(w.take(1) == w.ops[1].get());
  CHECK(w.take(1) == nullptr);
  CHECK(w.schedule.stopResting(w.worker(1)));
  // The search was in vain: for some calls the worker rests at once, then it searches again.
  CHECK(w.take(0) == nullptr);
  CHECK(w.place(0) == Place::resting);
  size_t n = 2;
  while (w.place(0) == Place::resting) {
    CHECK(w.submit({n}).wake == &w.worker(0));
    CHECK(w.take(0, true) == w.ops[n].get());
    CHECK(w.take(0, true) == nullptr);
    n++;
  }
  CHECK_EQ(n, 19);
}

void cancelledInTheMiddle() {
  World w(1, 1, 5);
  w.submit({0, 1, 2, 3, 4});
  for (const size_t n : {2, 0, 4}) w.cancel(n);
  CHECK_EQ(w.schedule.queued(), 2);
  w.schedule.onStarting(w.worker(0));
  CHECK(w.take(0) == w.ops[1].get());
  CHECK(w.take(0) == w.ops[3].get());
  CHECK(w.take(0) == nullptr);
  w.submit({0});
  CHECK(w.take(0) == w.ops[0].get());
}

void stacksOfKilledTasks() {
  World w(2, 3, 2);
  for (Worker* worker : w.records) worker->isTask = true;
  w.rest(0);
  w.submit({0});
  CHECK(w.take(0) == w.ops[0].get());
  const Schedule::Demand demand = w.schedule.onStackLeft(w.worker(0), w.now);
  CHECK(demand.supervise);
  CHECK_EQ(w.check(), 1);
  w.schedule.onStarting(w.worker(1));
  w.submit({1});
  // Before ops that are queued.
  CHECK(w.take(1) == nullptr);
  CHECK(w.stack == &w.worker(0));
  CHECK(w.place(0) == Place::inCall);
  CHECK(w.place(1) == Place::leaving);
  w.checkInvariant();
  CHECK(w.take(0) == w.ops[1].get());
}

// A task may die at any of its stores with the lock held. The repaired state is the earlier one, with or
// without that one step.
void repaired() {
  World w(4, 4, 4);
  for (size_t i = 0; i < 3; i++) w.rest(i);
  w.submit({0, 1, 2});
  CHECK(w.take(2) == w.ops[0].get());
  // The op is taken, but not out of the list yet.
  w.ops[1]->state.move(State::Queued, State::Running);
  w.schedule.repair(w.records);
  CHECK_EQ(w.schedule.queued(), 1);
  CHECK_EQ(w.schedule.resting(), 1);
  w.checkInvariant();
  // The worker that it had woken is coming. onTaskLost() tells what became of it.
  CHECK(w.place(1) == Place::coming);
  CHECK(w.take(1) == w.ops[2].get());
  CHECK(w.take(1) == nullptr);
  CHECK(w.submit({3}).wake != nullptr);
}

// ---- Every interleaving

enum class Step : uint8_t {
  submitOne,
  submitTwo,
  loopSleeps,
  cancel,
  finish,
  act,
  block,
  unblock,
  look,
  later,
  kill
};

struct Move {
  Step step;
  size_t n;
};

// Returns what distinguishes a state, as far as it matters for what follows.
std::string keyOf(World& w, size_t submitted, const std::vector<bool>& blocked, int64_t began) {
  std::string key;
  for (Worker* worker : w.records) key += static_cast<char>('a' + static_cast<int>(worker->place.load()));
  for (const bool b : blocked) key += b ? '!' : '.';
  for (const auto& op : w.ops) key += static_cast<char>('0' + static_cast<int>(op->state.state()));
  key += w.schedule.isSupervised() ? 's' : '-';
  key += static_cast<char>('A' + static_cast<int>(submitted));
  key += static_cast<char>('A' + static_cast<int>((w.now - began) / kShortCall % 8));
  return key;
}

class Explorer {
 public:
  Explorer(size_t processors, size_t workers, size_t ops)
      : processors_(processors), workers_(workers), ops_(ops) {}

  size_t run() {
    visit({});
    return seen_.size();
  }

 private:
  struct State {
    World world;
    size_t submitted = 0;
    std::vector<bool> blocked;
    State(size_t processors, size_t workers, size_t ops)
        : world(processors, workers, ops), blocked(workers) {}
  };

  // Returns whether the move was possible.
  bool apply(State& s, const Move& move) {
    World& w = s.world;
    const auto place = [&](size_t n) { return w.place(n); };
    switch (move.step) {
      case Step::submitOne:
        if (s.submitted >= ops_) return false;
        w.submit({s.submitted});
        s.submitted++;
        return true;
      case Step::submitTwo:
        if (s.submitted + 1 >= ops_) return false;
        w.submit({s.submitted, s.submitted + 1});
        s.submitted += 2;
        return true;
      case Step::loopSleeps:
        if (w.schedule.isEmpty()) return false;
        w.schedule.onLoopSleeps(w.now);
        return true;
      case Step::cancel:
        if (w.ops[move.n]->state.state() != pendingop::State::Queued) return false;
        w.cancel(move.n);
        return true;
      case Step::block:
        if (place(move.n) != Place::inCall || s.blocked[move.n]) return false;
        s.blocked[move.n] = true;
        return true;
      case Step::unblock:
        if (!s.blocked[move.n]) return false;
        s.blocked[move.n] = false;
        return true;
      case Step::act: {  // one that is awake looks at the queue
        const Place p = place(move.n);
        if (p != Place::coming && p != Place::searching && (p != Place::inCall || s.blocked[move.n]))
          return false;
        if (Op* op = w.worker(move.n).running.exchange(nullptr))
          op->state.move(pendingop::State::Running, pendingop::State::Done);
        w.take(move.n, processors_ > 1);
        return true;
      }
      case Step::finish:  // one at rest has waited long enough
        if (place(move.n) != Place::resting) return false;
        CHECK(w.schedule.stopResting(w.worker(move.n)));
        w.schedule.onGone(w.worker(move.n), w.now);
        return true;
      case Step::kill:  // by another process; its op ends
        if (place(move.n) == Place::gone) return false;
        if (Op* op = w.worker(move.n).running.exchange(nullptr))
          op->state.move(pendingop::State::Running, pendingop::State::Done);
        s.blocked[move.n] = false;
        w.schedule.repair(w.records);
        w.schedule.onGone(w.worker(move.n), w.now);
        return true;
      case Step::look: {
        if (!w.schedule.isSupervised()) return false;
        size_t wanted = w.check();
        for (Worker* worker : w.records) {
          if (wanted == 0 || worker->place != Place::gone) continue;
          w.schedule.onStarting(*worker);
          wanted--;
        }
        return true;
      }
      case Step::later:
        w.now += kShortCall;
        return true;
    }
    return false;
  }

  std::unique_ptr<State> replay(const std::vector<Move>& moves) {
    auto s = std::make_unique<State>(processors_, workers_, ops_);
    s->world.rest(0);
    for (const Move& move : moves) CHECK(apply(*s, move));
    return s;
  }

  // Blocked workers stay blocked. The others, the supervisor and time alone bring every op to a worker, as
  // long as one of them is left.
  void checkProgress(const std::vector<Move>& moves) {
    auto s = replay(moves);
    World& w = s->world;
    const size_t blocked = static_cast<size_t>(std::count(s->blocked.begin(), s->blocked.end(), true));
    if (blocked == workers_) return;
    for (int i = 0; i < 40 && !w.schedule.isEmpty(); i++) {
      for (size_t n = 0; n < workers_; n++) apply(*s, {Step::act, n});
      apply(*s, {Step::look, 0});
      w.now += kShortCall;
    }
    CHECK(w.schedule.isEmpty());
  }

  void visit(std::vector<Move> moves) {
    std::deque<std::vector<Move>> rest{std::move(moves)};
    while (!rest.empty()) {
      const std::vector<Move> path = rest.front();
      rest.pop_front();
      if (path.size() >= kDepth) continue;
      for (const Move& move : possibleMoves()) {
        auto s = replay(path);
        if (!apply(*s, move)) continue;
        std::vector<Move> longer = path;
        longer.push_back(move);
        s->world.checkInvariant();
        if (!seen_.emplace(keyOf(s->world, s->submitted, s->blocked, kLong), true).second) continue;
        checkProgress(longer);
        rest.push_back(std::move(longer));
      }
    }
  }

  std::vector<Move> possibleMoves() const {
    std::vector<Move> moves{
        {Step::submitOne, 0}, {Step::submitTwo, 0}, {Step::loopSleeps, 0}, {Step::look, 0}, {Step::later, 0}};
    for (size_t n = 0; n < ops_; n++) moves.push_back({Step::cancel, n});
    for (size_t n = 0; n < workers_; n++) {
      for (const Step step : {Step::act, Step::block, Step::unblock, Step::finish, Step::kill})
        moves.push_back({step, n});
    }
    return moves;
  }

  static constexpr size_t kDepth = 12;
  const size_t processors_, workers_, ops_;
  std::map<std::string, bool> seen_;
};

}  // namespace

int main() {
  watchdog();
  oneAtATime();
  aTicksCallsWakeOne();
  noMoreThanProcessors();
  blockedWorkers();
  oneIsStuck();
  searching();
  cancelledInTheMiddle();
  stacksOfKilledTasks();
  repaired();
  size_t states = 0;
  for (const size_t processors : {1, 2, 3}) states += Explorer(processors, 2, 3).run();
  CHECK(states > 1000);
  printf("%zu states\n", states);
}
