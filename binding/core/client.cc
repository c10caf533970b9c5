#include "core/client.h"

#include <algorithm>

#include "core/allocator.h"
#include "core/clock.h"
#include "core/custom.h"
#include "core/lanes.h"
#include "core/pool.h"
#include "core/runtime.h"
#include "core/worker.h"

namespace pendingop {

namespace {
constexpr size_t kStockUp = 32;
constexpr size_t kMostStock = 1024;
// Memory that a free op may keep, so that the next op finds it warm.
constexpr size_t kKeptBytes = 64 * 1024;
constexpr size_t kWarmOps = 128;
// Most calls are over before a thread would have gone to sleep.
constexpr int64_t kSpin = 20 * kMicrosecond;

Mutex freeMutex;
Client* freeClients GUARDED_BY(freeMutex) = nullptr;
// Lock order: openMutex before Client::wakeMutex_.
Mutex openMutex;
std::vector<Client*>& openClients GUARDED_BY(openMutex) = *new std::vector<Client*>;  // never destroyed
}  // namespace

Client* Client::open(Wake wake, void* context) {
  Client* client = nullptr;
  {
    Lock lock(freeMutex);
    client = freeClients;
    if (client != nullptr) freeClients = client->nextFree_;
  }
  if (client == nullptr) client = new Client;
  client->stocked_ = 0;
  client->armedAt_.store(0, std::memory_order_seq_cst);
  Lock lock(openMutex);
  openClients.push_back(client);
  Lock wakeLock(client->wakeMutex_);
  client->wake_ = wake;
  client->wakeContext_ = context;
  return client;
}

Op* Client::fromStock(const Pool& pool) {
  if (pool.index < stale_.size() && stale_[pool.index] != nullptr) {
    Op* op = stale_[pool.index];
    stale_[pool.index] = op->next;
    return op;
  }
  if (stock_ == nullptr) {
    stock_ = Allocator::instance().take(kStockUp);
    for (Op* op = stock_; op != nullptr; op = op->next) stocked_++;
    if (stock_ == nullptr) return nullptr;
  }
  Op* op = stock_;
  stock_ = op->next;
  stocked_--;
  return op;
}

Op* Client::allocate(int32_t slot, Pool& pool) {
  Op* op = fromStock(pool);
  if (op == nullptr) return nullptr;
  op->next = nullptr;
  op->pool = &pool;
  op->client = this;
  op->slot = slot;
  op->fd = -1;
  op->i0 = op->i1 = op->i2 = 0;
  op->d0 = op->d1 = 0;
  op->path = op->dest = "";
  op->data = nullptr;
  op->dataSize = op->wanted = 0;
  op->direct = nullptr;
  op->custom.store(nullptr, std::memory_order_relaxed);
  op->worker.store(nullptr, std::memory_order_relaxed);
  op->thread.store(0, std::memory_order_relaxed);
  op->call.store(Call::none, std::memory_order_relaxed);
  op->startedNs.store(0, std::memory_order_relaxed);
  op->result = 0;
  op->failed = Step::own;
  op->stopped = op->killed = op->hasNumbers = false;
  op->tookEffect.store(false, std::memory_order_relaxed);
  op->changing.store(false, std::memory_order_relaxed);
  op->bytesDone.store(0, std::memory_order_relaxed);
  op->output.size = 0;
  op->halves.store(0, std::memory_order_relaxed);

  if (static_cast<size_t>(slot) >= slots_.size()) slots_.resize(static_cast<size_t>(slot) + 64);
  slots_[slot] = op;
  out_++;
  return op;
}

void Client::submit(Op* op) {
  Pool* pool = op->pool;
  if (std::find(touched_.begin(), touched_.end(), pool) == touched_.end()) touched_.push_back(pool);
  op->state.begin();  // complete from here on: a stale cell of the queue may start it at once
  if (!op->inQueue.exchange(true, std::memory_order_seq_cst)) pool->push(op);
}

void Client::fail(Op* op, int64_t result) {
  op->state.beginDone();
  op->result = result;
  complete(op, Outcome::completed);
}

void Client::leave(int fd) {
  const auto slot = slots_.size();
  slots_.resize(slot + 1);
  Lane* lane = nullptr;
  Lanes::instance().ofDescriptor(fd, &lane);
  Op* op = allocate(static_cast<int32_t>(slot), lane != nullptr ? lane->pool : Runtime::instance().main());
  if (op == nullptr) return;
  op->code = Code::open;  // one that nobody hears of: see closeUnseen()
  fail(op, fd);
}

void Client::flush() {
  for (Pool* pool : touched_) {
    if (pool->wantsTasks()) Runtime::instance().checkCredentials();
    pool->flush();
  }
  touched_.clear();
}

Event* Client::take() {
  if (taken_ == nullptr) gather();
  Event* event = taken_;
  if (event == nullptr) return nullptr;
  taken_ = event->next;
  takenCount_++;
  return event;
}

// Puts what was completed since behind what was taken off before.
void Client::gather() {
  Event* newest = completed_.exchange(nullptr, std::memory_order_seq_cst);
  Event* oldest = nullptr;
  while (newest != nullptr) {
    Event* older = newest->next;
    // The worker's lines, before they are needed.
    __builtin_prefetch(newest->op->numbers);
    __builtin_prefetch(newest->op->numbers + 8);
    __builtin_prefetch(newest->op->numbers + 16);
    newest->next = oldest;
    oldest = newest;
    newest = older;
  }
  Event** end = &taken_;
  while (*end != nullptr) end = &(*end)->next;
  *end = oldest;
}

Event* Client::pick(int32_t slot) {
  for (Event** at = &taken_; *at != nullptr; at = &(*at)->next) {
    Event* event = *at;
    if (event->op->slot != slot) continue;
    *at = event->next;
    takenCount_++;
    return event;
  }
  return nullptr;
}

Event* Client::waitFor(int32_t slot, int64_t untilNs) {
  for (const int64_t end = nowNs() + kSpin; nowNs() < end;) {
    if (completed_.load(std::memory_order_relaxed) != nullptr) {
      gather();
      if (Event* event = pick(slot); event != nullptr) return event;
    }
    for (int i = 0; i < 6; i++) spinPause();
  }
  for (;;) {
    slots_[slot]->pool->serve();
    // Before the look: what is completed after it finds a 1 here, and sets it back.
    sleeping_.store(1, std::memory_order_seq_cst);
    gather();
    Event* event = pick(slot);
    const int64_t rest = untilNs < 0 ? -1 : untilNs - nowNs();
    if (event != nullptr || (untilNs >= 0 && rest <= 0)) {
      sleeping_.store(0, std::memory_order_relaxed);
      return event;
    }
    waitWhile(sleeping_, 1, rest);
  }
}

void Client::finish(Event* event) {
  Op* op = event->op;
  if (!event->last) {
    lingering_++;
    return;
  }
  if (event == &op->released) lingering_--;
  slots_[op->slot] = nullptr;
  out_--;
  recycle(op);
}

void Client::recycle(Op* op) {
  if (Custom* custom = op->custom.exchange(nullptr, std::memory_order_acq_rel)) custom->drop();
  op->state.free();
  if (op->inQueue.load(std::memory_order_seq_cst) && !closed_.load(std::memory_order_relaxed)) {
    const uint32_t index = op->pool->index;
    if (index >= stale_.size()) stale_.resize(index + 1);
    op->next = stale_[index];
    stale_[index] = op;
    return;
  }
  if (stocked_ >= kMostStock) return Allocator::instance().give(op);
  const bool keep = stocked_ < kWarmOps;
  for (Bytes* bytes : {&op->input, &op->output, &op->scratch}) {
    bytes->unmap();
    if (!keep || bytes->capacity() > kKeptBytes) bytes->reset();
  }
  op->next = stock_;
  stock_ = op;
  stocked_++;
}

bool Client::isDue(size_t completed, size_t at) const {
  return completed >= at || Runtime::instance().main().queue().size() == 0;
}

bool Client::arm(size_t count) {
  if (taken_ != nullptr) return false;
  const size_t at = takenCount_ + count;
  armedAt_.store(at, std::memory_order_seq_cst);
  const size_t completed = completedCount_.load(std::memory_order_seq_cst);
  if (completed == takenCount_) return true;
  if (!isDue(completed, at)) {
    Runtime::instance().main().watch();  // for nudgeAll()
    return true;
  }
  armedAt_.store(0, std::memory_order_seq_cst);
  return false;
}

void Client::nudgeAll() {
  Lock lock(openMutex);
  for (Client* client : openClients) {
    size_t at = client->armedAt_.load(std::memory_order_seq_cst);
    if (at != 0 && client->completed_.load(std::memory_order_seq_cst) != nullptr &&
        client->armedAt_.compare_exchange_strong(at, 0, std::memory_order_seq_cst)) {
      client->wake();
    }
  }
}

void Client::giveUp(Op* op, Outcome outcome) {
  report(op, op->done, outcome, false);
  if ((op->halves.fetch_or(1, std::memory_order_acq_rel) & 2) != 0)
    report(op, op->released, Outcome::released, true);
}

void Client::letGo(Op* op) {
  if ((op->halves.fetch_or(2, std::memory_order_acq_rel) & 1) != 0)
    report(op, op->released, Outcome::released, true);
}

void Client::report(Op* op, Event& event, Outcome outcome, bool last) {
  const Worker* worker = op->worker.load(std::memory_order_relaxed);
  const bool byTask = worker != nullptr && worker->isTask;
  event.op = op;
  event.outcome = outcome;
  event.last = last;
  Event* newest = completed_.load(std::memory_order_relaxed);
  do event.next = newest;
  while (!completed_.compare_exchange_weak(newest, &event, std::memory_order_seq_cst));
  const size_t completed = completedCount_.fetch_add(1, std::memory_order_seq_cst) + 1;
  // From here on the op may be over and this client another environment's: what follows is harmless to it.
  if (sleeping_.load(std::memory_order_seq_cst) != 0) {
    sleeping_.store(0, std::memory_order_seq_cst);
    wakeOne(sleeping_);
  }
  if (closed_.load(std::memory_order_seq_cst)) return Runtime::instance().supervisor().wake();
  size_t at = armedAt_.load(std::memory_order_seq_cst);
  if (at == 0) return;
  if (!isDue(completed, at)) return Runtime::instance().main().watch();  // for nudgeAll()
  if (byTask) return Runtime::instance().supervisor().deliver();
  if (armedAt_.compare_exchange_strong(at, 0, std::memory_order_seq_cst)) wake();
}

void Client::wake() {
  Lock lock(wakeMutex_);
  if (wake_ != nullptr) wake_(wakeContext_);
}

void Client::close() {
  {
    Lock lock(openMutex);
    std::erase(openClients, this);
    Lock wakeLock(wakeMutex_);
    wake_ = nullptr;
  }
  for (Op* op : slots_) {
    if (op == nullptr) continue;
    // A close is still to happen: the descriptor has no other owner.
    if (op->code != Code::close && op->state.move(State::Queued, State::Done)) {
      complete(op, Outcome::cancelled);
    } else if (op->state.move(State::Running, State::Abandoned) ||
               op->state.move(State::Interrupting, State::Abandoned)) {
      Runtime::instance().supervisor().pursue(op, op->state.generation());
      giveUp(op, Outcome::abandoned);
    }
    // The caller's memory goes away with the environment; what touches it never waits for anything.
    while (op->pinned.load(std::memory_order_seq_cst) != 0) spinPause();
  }
  for (Op* chain : stale_) {
    while (chain != nullptr) {
      Op* op = chain;
      chain = op->next;
      Allocator::instance().give(op);
    }
  }
  stale_.clear();
  touched_.clear();
  while (stock_ != nullptr) {
    Op* op = stock_;
    stock_ = op->next;
    Allocator::instance().give(op);
  }
  stocked_ = kMostStock;  // what comes back from here on goes to the allocator
  closed_.store(true, std::memory_order_seq_cst);
  Runtime::instance().supervisor().orphaned(this);
}

// A descriptor that nobody owns any more: of an open that nobody heard of, or of a close that was taken out
// of the queue. The op goes round once more, as a close, which may wait.
bool Client::closeUnseen(Event* event) {
  Op* op = event->op;
  const bool unclosed = op->code == Code::close && event->outcome == Outcome::cancelled;
  const bool opened = event->outcome == Outcome::completed &&
                      (op->code == Code::open || op->code == Code::opendir) && op->result >= 0;
  if (!unclosed && !opened) return false;
  if (opened) {
    op->code = Code::close;
    op->fd = static_cast<int32_t>(op->result);
  }
  submit(op);
  flush();
  return true;
}

bool Client::settleClosed() {
  while (Event* event = take()) {
    if (!closeUnseen(event)) finish(event);
  }
  if (out_ > 0) return false;
  slots_.clear();
  closed_.store(false, std::memory_order_seq_cst);
  Lock lock(freeMutex);
  nextFree_ = freeClients;
  freeClients = this;
  return true;
}

}  // namespace pendingop
