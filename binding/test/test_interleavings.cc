// Every interleaving of a few ops and workers: in each reachable state of core/schedule.h the invariant has
// to hold, and from each of them every op has to come to its end.
#include <algorithm>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/schedule_world.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

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
  size_t states = 0;
  for (const size_t processors : {1, 2, 3}) states += Explorer(processors, 2, 3).run();
  CHECK(states > 1000);
  printf("%zu states\n", states);
}
