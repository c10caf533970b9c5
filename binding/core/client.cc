#include "core/client.h"

#include <algorithm>

#include "core/allocator.h"
#include "core/custom.h"
#include "core/lanes.h"
#include "core/pool.h"
#include "core/runtime.h"
#include "core/worker.h"

namespace pendingop {

namespace {
constexpr size_t kStockUp = 32;
constexpr size_t kMostStock = 1024;
// The memory that a free op keeps, so that the next op finds it in the processor's cache.
constexpr size_t kKeptBytes = 64 * 1024;
constexpr size_t kWarmOps = 128;

Mutex freeMutex;
Client* freeClients GUARDED_BY(freeMutex) = nullptr;
Mutex openMutex;
std::vector<Client*>& openClients GUARDED_BY(openMutex) = *new std::vector<Client*>;  // never destroyed
std::vector<Client*>& everyClient GUARDED_BY(openMutex) = *new std::vector<Client*>;  // never destroyed
}  // namespace

Client* Client::open(Wake wake, void* context) {
  Client* client = nullptr;
  {
    Lock lock(freeMutex);
    client = freeClients;
    if (client != nullptr) freeClients = client->nextFree_;
  }
  const bool isNew = client == nullptr;
  if (isNew) client = new Client;
  client->stocked_ = 0;
  client->completions_.open(wake, context);
  Lock lock(openMutex);
  openClients.push_back(client);
  if (isNew) everyClient.push_back(client);
  return client;
}

Op* Client::fromStock() {
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
  Op* op = fromStock();
  if (op == nullptr) return nullptr;
  op->next = nullptr;
  pool.take(*op);
  op->client = this;
  op->slot = slot;
  op->fd = sys::kNoDescriptor;
  op->i0 = op->i1 = op->i2 = 0;
  op->d0 = op->d1 = 0;
  op->path = op->dest = kNoText;
  op->data = nullptr;
  op->dataSize = op->wanted = 0;
  op->direct = nullptr;
  op->spans = nullptr;
  op->custom.store(nullptr, std::memory_order_relaxed);
  op->runner.store(nullptr, std::memory_order_relaxed);
  op->thread.store(0, std::memory_order_relaxed);
  op->call.store(Call::none, std::memory_order_relaxed);
  op->startedNs.store(0, std::memory_order_relaxed);
  op->progressNs.store(0, std::memory_order_relaxed);
  op->endedNs.store(0, std::memory_order_relaxed);
  op->result = 0;
  op->failed = Step::own;
  op->stopped = op->killed = op->hasNumbers = op->isWatched = op->mayChange = op->isCounted = false;
  op->isLost.store(false, std::memory_order_relaxed);
  op->isProbe.store(false, std::memory_order_relaxed);
  op->tookEffect.store(false, std::memory_order_relaxed);
  op->changing.store(false, std::memory_order_relaxed);
  op->bytesDone.store(0, std::memory_order_relaxed);
  op->output.size = 0;

  if (static_cast<size_t>(slot) >= slots_.size()) slots_.resize(static_cast<size_t>(slot) + 64);
  slots_[slot] = op;
  out_++;
  return op;
}

void Client::submit(Op* op) {
  op->nextQueued = nullptr;
  for (Chain& chain : submitted_) {
    if (chain.pool != op->pool) continue;
    chain.last->nextQueued = op;
    chain.last = op;
    chain.count++;
    return;
  }
  submitted_.push_back({op->pool, op, op, 1});
}

void Client::flush() {
  for (const Chain& chain : submitted_) {
    // Checked before a worker can see the ops: none may run with rights that the process has given up.
    const bool wantsTasks = chain.pool->wantsTasks();
    if (wantsTasks) Runtime::instance().checkCredentials();
    chain.pool->submit(chain.first, chain.last, chain.count);
    // After the submit: until then the supervisor may have found nothing to look after.
    if (wantsTasks) Runtime::instance().supervisor().watchTasks();
    if (Lane* lane = Lanes::instance().byPool(*chain.pool)) Lanes::instance().watch(*lane);
  }
  submitted_.clear();
}

void Client::interrupt(Op* op, int64_t graceNs) {
  flush();
  Runtime::instance().supervisor().interrupt(op, op->state.generation(), graceNs);
}

void Client::fail(Op* op, int64_t result) {
  op->begin();
  op->state.move(State::Queued, State::Done);
  op->result = result;
  complete(op, Outcome::completed);
}

void Client::leave(sys::Descriptor fd) {
  const auto slot = slots_.size();
  slots_.resize(slot + 1);
  Lane* lane = nullptr;
  Lanes::instance().ofDescriptor(fd, &lane);
  Op* op = allocate(static_cast<int32_t>(slot), lane != nullptr ? lane->pool : Runtime::instance().main());
  if (op == nullptr) return;
  op->function = static_cast<uint8_t>(Code::open);
  op->code = Code::open;  // an op that nobody waits for: see closeUnseen()
  fail(op, fd);
}

void Client::finish(Event* event) {
  Op* op = event->op;
  if (kCounts && event == &op->done) stats_.ended(*op, event->outcome);
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
  if (stocked_ >= kMostStock) return Allocator::instance().give(op);
  const bool keep = stocked_ < kWarmOps;
  for (Bytes* bytes : {&op->input, &op->output, &op->scratch}) {
    bytes->dropPages();
    if (!keep || bytes->capacity() > kKeptBytes) bytes->reset();
  }
  op->next = stock_;
  stock_ = op;
  stocked_++;
}

void Client::nudgeAll() {
  Lock lock(openMutex);
  for (Client* client : openClients) client->completions_.nudge();
}

void Client::wakeAgain() {
  Lock lock(openMutex);
  for (Client* client : everyClient) client->completions_.wakeAgain();
}

void Client::addTotals(Totals* totals) {
  Lock lock(openMutex);
  for (const Client* client : everyClient) totals->add(client->stats_);
}

void Client::close() {
  {
    Lock lock(openMutex);
    std::erase(openClients, this);
  }
  completions_.stopWaking();
  flush();
  for (Op* op : slots_) {
    if (op == nullptr) continue;
    // A close still has to happen: the descriptor has no other owner.
    if (op->code != Code::close && op->pool->cancel(*op, op->state.generation())) {
      complete(op, Outcome::cancelled);
    } else if (op->state.move(State::Running, State::Abandoned) ||
               op->state.move(State::Interrupting, State::Abandoned)) {
      Runtime::instance().supervisor().pursue(op, op->state.generation());
      giveUp(op, Outcome::abandoned);
    }
    // The caller's memory goes away with the environment. A worker that touches it waits for nothing.
    while (op->pinned.load(std::memory_order_seq_cst) != 0) spinPause();
  }
  while (stock_ != nullptr) {
    Op* op = stock_;
    stock_ = op->next;
    Allocator::instance().give(op);
  }
  stocked_ = kMostStock;  // ops that come back from here on go to the allocator
  completions_.setClosed(true);
  Runtime::instance().supervisor().orphaned(this);
}

// The result is a descriptor that has no owner any more: of an open whose caller is gone, or of a close that
// was cancelled. The op is submitted again as a close, which may wait.
bool Client::closeUnseen(Event* event) {
  Op* op = event->op;
  const bool unclosed = op->code == Code::close && event->outcome == Outcome::cancelled;
  const bool opened = event->outcome == Outcome::completed && makesDescriptor(op->code) && op->result >= 0;
  if (!unclosed && !opened) return false;
  if (opened) {
    op->code = Code::close;
    op->fd = sys::Descriptor(op->result);
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
  completions_.setClosed(false);
  Lock lock(freeMutex);
  nextFree_ = freeClients;
  freeClients = this;
  return true;
}

}  // namespace pendingop
