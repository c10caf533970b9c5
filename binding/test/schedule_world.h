// A schedule without a kernel, and with a clock that the test moves.
#pragma once

#include <initializer_list>
#include <memory>
#include <vector>

#include "core/schedule.h"
#include "test/check.h"

namespace pendingop::test {

inline constexpr int64_t kLong = 10 * kShortCall;

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

}  // namespace pendingop::test
