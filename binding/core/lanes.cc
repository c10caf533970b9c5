#include "core/lanes.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/clock.h"
#include "core/client.h"
#include "core/mounts.h"

namespace pendingop {

namespace {
constexpr uint32_t kFirstPool = 5;  // after those of the runtime
constexpr int64_t kTick = 250 * kMillisecond;
constexpr int64_t kFirstProbe = kSecond;
constexpr int64_t kLongestProbe = 30 * kSecond;
constexpr int64_t kProbeGrace = 100 * kMillisecond;

uint64_t deviceOf(uint32_t major, uint32_t minor) { return uint64_t{major} << 32 | minor; }

// Returns the path for a probe: that of the mount with this device now, since numbers of devices are used
// again. Empty: no path leads there.
std::string placeOf(uint64_t device) {
  const Shared<const MountTable> table = Mounts::instance().current();
  for (const Mount& mount : table->all()) {
    if (mount.visible && mount.remote && deviceOf(mount.major, mount.minor) == device) return mount.point;
  }
  return {};
}
}  // namespace

Lane::Lane(uint32_t index, const Mount& mount)
    : pool(kFirstPool + index, {.tasks = Pool::Kind::Tasks::asSet}, &health),
      device(deviceOf(mount.major, mount.minor)),
      probePause(kFirstProbe) {}

Lanes& Lanes::instance() { return theLanes; }
Lanes& Lanes::theLanes = *new Lanes;

Lane* Lanes::at(uint32_t major, uint32_t minor) {
  const uint64_t device = deviceOf(major, minor);
  const uint32_t count = count_.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; i++) {
    Lane* lane = lanes_[i].load(std::memory_order_relaxed);
    if (lane->device == device) return lane;
  }
  return nullptr;
}

Lane* Lanes::byPool(const Pool& pool) const {
  const uint32_t count = count_.load(std::memory_order_acquire);
  const uint32_t at = pool.index - kFirstPool;
  return pool.index < kFirstPool || at >= count ? nullptr : lanes_[at].load(std::memory_order_relaxed);
}

Lane* Lanes::of(const Mount& mount) {
  Lane* lane = at(mount.major, mount.minor);
  if (lane != nullptr) return lane;
  Lock lock(mutex_);
  lane = at(mount.major, mount.minor);
  if (lane != nullptr) return lane;
  const uint32_t count = count_.load(std::memory_order_relaxed);
  // The process has seen that many file systems. From here on they share lanes.
  if (count == kMost)
    return lanes_[deviceOf(mount.major, mount.minor) % kMost].load(std::memory_order_relaxed);
  lane = new Lane(count, mount);
  lanes_[count].store(lane, std::memory_order_relaxed);
  count_.store(count + 1, std::memory_order_release);
  return lane;
}

void Lanes::watch(Lane& lane) {
  if (lane.watched.load(std::memory_order_relaxed) || lane.watched.exchange(true, std::memory_order_seq_cst))
    return;
  Runtime::instance().supervisor().wake();
}

std::atomic<uint16_t>* Lanes::entryOf(sys::Descriptor fd, bool make) {
  const auto at = static_cast<size_t>(fd);
  if (fd < 0 || at >= kChunk * kChunks) return nullptr;
  std::atomic<Chunk*>& place = descriptors_[at / kChunk];
  Chunk* chunk = place.load(std::memory_order_acquire);
  if (chunk == nullptr && make) {
    auto* made = new Chunk{};
    if (place.compare_exchange_strong(chunk, made, std::memory_order_acq_rel))
      chunk = made;
    else
      delete made;
  }
  return chunk == nullptr ? nullptr : &(*chunk)[at % kChunk];
}

bool Lanes::ofDescriptor(sys::Descriptor fd, Lane** lane) const {
  const std::atomic<uint16_t>* entry = const_cast<Lanes*>(this)->entryOf(fd, false);
  const uint16_t value = entry == nullptr ? 0 : entry->load(std::memory_order_relaxed);
  *lane = value < kFirstPool ? nullptr : lanes_[value - kFirstPool].load(std::memory_order_acquire);
  return value != 0;
}

void Lanes::opened(sys::Descriptor fd, const Pool& by) {
  std::atomic<uint16_t>* entry = entryOf(fd, true);
  if (entry != nullptr)
    entry->store(static_cast<uint16_t>(by.isMain() ? 1 : by.index), std::memory_order_relaxed);
}

void Lanes::closed(sys::Descriptor fd) {
  std::atomic<uint16_t>* entry = entryOf(fd, false);
  if (entry != nullptr) entry->store(0, std::memory_order_relaxed);
}

void Lanes::listen(Listener listener, void* context) {
  Lock lock(listenersMutex_);
  listeners_.push_back({listener, context});
}

void Lanes::unlisten(void* context) {
  Lock lock(listenersMutex_);
  std::erase_if(listeners_, [context](const Listening& one) { return one.context == context; });
}

int64_t Lanes::check(int64_t now) {
  takeOps();
  bool changed = false;
  bool any = false;
  const uint32_t count = count_.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; i++) {
    Lane& lane = *lanes_[i].load(std::memory_order_relaxed);
    if (!lane.watched.load(std::memory_order_seq_cst)) continue;
    if (now >= lane.checkAt) {
      changed = checkOne(lane, now) || changed;
      lane.checkAt = now + kTick;
    }
    any = any || lane.watched.load(std::memory_order_relaxed);
  }
  if (changed) {
    Lock lock(listenersMutex_);
    for (const Listening& one : listeners_) one.listener(one.context);
  }
  return any ? now + kTick : kNever;
}

// Returns true if it has stalled or recovered.
bool Lanes::checkOne(Lane& lane, int64_t now) {
  const bool changed = lane.health.check(lane.pool, now, mostStuck_.load(std::memory_order_relaxed));
  if (lane.health.isStalled()) {
    if (changed) {
      lane.probePause = kFirstProbe;
      lane.probeAt = lane.probe == nullptr ? now : now + kFirstProbe;
    }
    if (now >= lane.probeAt) probe(lane, now);
  } else if (lane.health.isSuspect()) {
    // A probe in flight stays: if it returns, the file system answers.
    if (lane.probe == nullptr && now >= lane.probeAt) probe(lane, now);
  } else if (lane.probe == nullptr && lane.pool.workers() == lane.pool.idle() && lane.pool.queued() == 0) {
    lane.probePause = kFirstProbe;
    lane.watched.store(false, std::memory_order_seq_cst);
    // A thread that has submitted meanwhile may have seen it watched.
    if (!lane.pool.isQuiet()) lane.watched.store(true, std::memory_order_seq_cst);
  }
  return changed;
}

// One probe at a time. It stays in the kernel for as long as the pause after it will be: when the server is
// back, most likely this probe returns first.
void Lanes::probe(Lane& lane, int64_t now) {
  const std::string place = lane.probe != nullptr ? std::string() : placeOf(lane.device);
  if (lane.probe == nullptr && place.empty()) {
    // It is not mounted. Another mount may get its number at any time, and its calls then come here.
    lane.probePause = kFirstProbe;
    lane.probeAt = now + kFirstProbe;
    return;
  }
  lane.probeAt = now + lane.probePause;
  lane.probePause = std::min(2 * lane.probePause, kLongestProbe);
  if (lane.probe != nullptr) {
    client_->interrupt(lane.probe, kProbeGrace);
    return;
  }
  Op* op = makeOp(Code::statfs, lane.pool);  // the server answers it, never a cache
  if (op == nullptr || !op->input.reserve(place.size() + 1)) return;
  memcpy(op->input.data(), place.c_str(), place.size() + 1);
  op->path = reinterpret_cast<const char*>(op->input.data());
  op->queuedNs = now;
  lane.probe = op;
  client_->submit(op);
  client_->flush();
}

void Lanes::close(Pool& pool, sys::Descriptor fd) {
  Op* op = makeOp(Code::close, pool);
  if (op == nullptr) return;
  op->fd = fd;
  op->queuedNs = nowNs();
  client_->submit(op);
  client_->flush();
}

// Null: there is no memory.
Op* Lanes::makeOp(Code code, Pool& pool) {
  if (client_ == nullptr) client_ = Client::open([](void*) {}, nullptr);
  Op* op = client_->allocate(static_cast<int32_t>(pool.index), pool);
  if (op == nullptr) return nullptr;
  op->function = static_cast<uint8_t>(code);
  op->code = code;
  op->isProbe = true;
  return op;
}

void Lanes::takeOps() {
  if (client_ == nullptr) return;
  while (Event* event = client_->take()) {
    if (event->op->code == Code::statfs) {
      Lane* lane = lanes_[event->op->slot - static_cast<int32_t>(kFirstPool)].load(std::memory_order_relaxed);
      if (event->outcome == Outcome::completed) lane->health.probeAnswered(event->op->queuedNs);
      if (event->last) lane->probe = nullptr;
    }
    client_->finish(event);
  }
}

}  // namespace pendingop
