#include "core/client.h"

#include "core/allocator.h"
#include "core/clock.h"
#include "core/pool.h"

namespace pendingop {

namespace {
constexpr size_t kStockUp = 32;
constexpr size_t kMostStock = 1024;
// Memory that a free op may keep, so that the next op finds it warm.
constexpr size_t kKeptBytes = 64 * 1024;
constexpr size_t kWarmOps = 128;

Mutex freeMutex;
Client* freeClients GUARDED_BY(freeMutex) = nullptr;
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
  Lock lock(client->wakeMutex_);
  client->wake_ = wake;
  client->wakeContext_ = context;
  return client;
}

Op* Client::allocate(int32_t slot) {
  if (stock_ == nullptr) {
    stock_ = Allocator::instance().take(kStockUp);
    for (Op* op = stock_; op != nullptr; op = op->next) stocked_++;
    if (stock_ == nullptr) return nullptr;
  }
  Op* op = stock_;
  stock_ = op->next;
  stocked_--;

  op->next = nullptr;
  op->client = this;
  op->slot = slot;
  op->fd = -1;
  op->i0 = op->i1 = op->i2 = 0;
  op->d0 = op->d1 = op->d2 = 0;
  op->path = op->dest = "";
  op->data = nullptr;
  op->dataSize = op->wanted = 0;
  op->direct = nullptr;
  op->worker.store(nullptr, std::memory_order_relaxed);
  op->thread.store(0, std::memory_order_relaxed);
  op->call.store(Call::none, std::memory_order_relaxed);
  op->startedNs.store(0, std::memory_order_relaxed);
  op->result = 0;
  op->failed = Step::own;
  op->tookEffect = op->stopped = op->hasNumbers = op->outputInDirect = false;
  op->bytesDone.store(0, std::memory_order_relaxed);
  op->output.size = 0;
  op->halves.store(0, std::memory_order_relaxed);

  if (static_cast<size_t>(slot) >= slots_.size()) slots_.resize(static_cast<size_t>(slot) + 64);
  slots_[slot] = op;
  out_++;
  return op;
}

void Client::submit(Op* op) {
  op->state.begin();  // complete from here on: a stale cell of the queue may start it at once
  if (!backlog_.empty() || !Pool::instance().push(op)) backlog_.push_back(op);
}

void Client::fail(Op* op, int64_t result) {
  op->state.begin();
  op->state.move(State::Queued, State::Done);
  op->result = result;
  complete(op, Outcome::completed);
}

void Client::flush() {
  while (!backlog_.empty() && Pool::instance().push(backlog_.front())) backlog_.pop_front();
  Pool::instance().flush();
}

Event* Client::take() {
  if (taken_ == nullptr) {
    Event* newest = completed_.exchange(nullptr, std::memory_order_seq_cst);
    while (newest != nullptr) {
      Event* older = newest->next;
      newest->next = taken_;
      taken_ = newest;
      newest = older;
    }
  }
  Event* event = taken_;
  if (event != nullptr) taken_ = event->next;
  return event;
}

void Client::finish(Event* event) {
  Op* op = event->op;
  if (event->last) {
    slots_[op->slot] = nullptr;
    out_--;
    recycle(op);
  }
  if (!backlog_.empty()) flush();
}

void Client::recycle(Op* op) {
  op->state.free();
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

bool Client::arm() {
  if (taken_ != nullptr) return false;
  armed_.store(true, std::memory_order_seq_cst);
  if (completed_.load(std::memory_order_seq_cst) == nullptr) return true;
  armed_.store(false, std::memory_order_seq_cst);
  return false;
}

void Client::giveUp(Op* op, Outcome outcome) {
  report(op, op->done, outcome, false);
  if ((op->halves.fetch_or(1, std::memory_order_acq_rel) & 2) != 0) report(op, op->released, Outcome::released, true);
}

void Client::letGo(Op* op) {
  if ((op->halves.fetch_or(2, std::memory_order_acq_rel) & 1) != 0) report(op, op->released, Outcome::released, true);
}

void Client::report(Op* op, Event& event, Outcome outcome, bool last) {
  event.op = op;
  event.outcome = outcome;
  event.last = last;
  Event* newest = completed_.load(std::memory_order_relaxed);
  do event.next = newest;
  while (!completed_.compare_exchange_weak(newest, &event, std::memory_order_seq_cst));
  // From here on the op may be over and this client another environment's: what follows is harmless to it.
  if (closed_.load(std::memory_order_seq_cst)) Pool::instance().supervisor().orphaned(this);
  else if (armed_.load(std::memory_order_seq_cst) && armed_.exchange(false, std::memory_order_seq_cst)) wake();
}

void Client::wake() {
  Lock lock(wakeMutex_);
  if (wake_ != nullptr) wake_(wakeContext_);
}

void Client::close() {
  {
    Lock lock(wakeMutex_);
    wake_ = nullptr;
  }
  for (Op* op : slots_) {
    if (op == nullptr) continue;
    if (op->state.move(State::Queued, State::Done)) {
      complete(op, Outcome::cancelled);
    } else if (op->state.move(State::Running, State::Abandoned) || op->state.move(State::Interrupting, State::Abandoned)) {
      Pool::instance().pursue(op, op->state.generation());
      giveUp(op, Outcome::abandoned);
    }
    // The caller's memory goes away with the environment; what touches it never waits for anything.
    while (op->pinned.load(std::memory_order_seq_cst) != 0) spinPause();
  }
  backlog_.clear();
  while (stock_ != nullptr) {
    Op* op = stock_;
    stock_ = op->next;
    Allocator::instance().give(op);
  }
  stocked_ = kMostStock;  // what comes back from here on goes to the allocator
  closed_.store(true, std::memory_order_seq_cst);
  Pool::instance().supervisor().orphaned(this);
}

bool Client::settleClosed() {
  // Free already, or another environment's: whoever reported it was late.
  if (!closed_.load(std::memory_order_seq_cst)) return true;
  while (Event* event = take()) finish(event);
  if (out_ > 0) return false;
  slots_.clear();
  closed_.store(false, std::memory_order_seq_cst);
  Lock lock(freeMutex);
  nextFree_ = freeClients;
  freeClients = this;
  return true;
}

}  // namespace pendingop
