// A lane: the workers of one remote file system, its health, and its breaker. A file system that stalls holds
// up the calls of its own lane and no others. A lane is made when a call first needs it, and never freed.
//
// Lock order: mutex_ before everything else; listenersMutex_ before whatever a listener takes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/futex.h"
#include "core/health.h"
#include "core/mount_table.h"
#include "core/pool.h"
#include "core/runtime.h"

namespace pendingop {

struct Lane {
  Lane(uint32_t index, const Mount& mount);

  Health health;
  Pool pool;
  const uint64_t device;
  std::atomic<bool> watched{false};

  // The supervisor's.
  int64_t checkAt = 0;
  Op* probe = nullptr;
  int64_t probeAt = 0;
  int64_t probePause;
};

class Lanes {
 public:
  static Lanes& instance();

  // Any environment's thread. Makes the lane if there is none; never null.
  Lane* of(const Mount& mount);
  // Null: no call has needed one yet.
  Lane* at(uint32_t major, uint32_t minor);
  // The lane that the pool belongs to; null: to none.
  Lane* byPool(const Pool& pool) const;
  // From now on the supervisor looks after the lane. Called after the submit: see Pool::isQuiet().
  void watch(Lane& lane);

  // The lane of a descriptor that this package opened; null: of a local file. Returns false if it is unknown.
  bool ofDescriptor(sys::Descriptor fd, Lane** lane) const;
  void opened(sys::Descriptor fd, const Pool& by);
  void closed(sys::Descriptor fd);

  void setMostStuck(size_t n) { mostStuck_.store(n, std::memory_order_relaxed); }

  // Called on the supervisor's thread whenever a file system has stalled or recovered.
  using Listener = void (*)(void* context);
  void listen(Listener listener, void* context);
  void unlisten(void* context);

  // The supervisor. Returns when to look again.
  int64_t check(int64_t now);
  // The supervisor. A worker of the pool closes a descriptor that has no owner.
  void close(Pool& pool, sys::Descriptor fd);

  // What all pools have at the moment.
  struct Workers {
    size_t all = 0;
    size_t idle = 0;
    size_t queued = 0;
  };
  Workers countWorkers() {
    Workers sum;
    eachPool([&sum](const Pool& pool) {
      sum.all += pool.workers();
      sum.idle += pool.idle();
      sum.queued += pool.queued();
    });
    return sum;
  }

  template <typename F>
  void eachPool(F use) {
    use(Runtime::instance().threads());
    use(Runtime::instance().tasks());
    use(Runtime::instance().foreign());
    use(Runtime::instance().waiters());
    use(Runtime::instance().remoteWaiters());
    const uint32_t count = count_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < count; i++) use(lanes_[i].load(std::memory_order_relaxed)->pool);
  }

 private:
  static constexpr uint32_t kMost = 1024;
  static constexpr size_t kChunk = 1024;
  static constexpr size_t kChunks = 1024;
  using Chunk = std::array<std::atomic<uint16_t>, kChunk>;

  Lanes() = default;
  static Lanes& theLanes;
  bool checkOne(Lane& lane, int64_t now);
  void probe(Lane& lane, int64_t now);
  Op* makeOp(Code code, Pool& pool);
  void takeOps();
  std::atomic<uint16_t>* entryOf(sys::Descriptor fd, bool make);

  std::atomic<size_t> mostStuck_{1000};
  std::atomic<uint32_t> count_{0};
  std::array<std::atomic<Lane*>, kMost> lanes_{};
  std::array<std::atomic<Chunk*>, kChunks>
      descriptors_{};  // 0 unknown, 1 local, else the number of a lane's pool

  Mutex mutex_;  // for whoever makes a lane
  struct Listening {
    Listener listener;
    void* context;
  };
  Mutex listenersMutex_;
  std::vector<Listening> listeners_ GUARDED_BY(listenersMutex_);

  // The supervisor's own.
  Client* client_ = nullptr;
};

}  // namespace pendingop
