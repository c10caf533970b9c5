#include "core/unblocker.h"

#include "core/custom.h"
#include "sys/signal.h"
#include "sys/thread.h"

namespace pendingop {

namespace {
constexpr size_t kStack = 512 * 1024;  // for code of other addons: see core/pool.cc
}

Unblocker& Unblocker::instance() { return theUnblocker; }
Unblocker& Unblocker::theUnblocker = *new Unblocker;

bool Unblocker::start() {
  Lock lock(mutex_);
  if (!started_) started_ = sys::startThread(main, this, kStack);
  return started_;
}

void Unblocker::push(Custom& custom, Op& op, uint64_t generation) {
  {
    Lock lock(mutex_);
    items_.push_back({&custom, &op, generation});
  }
  wakeups_.fetch_add(1, std::memory_order_seq_cst);
  wakeOne(wakeups_);
}

void* Unblocker::main(void* self) {
  sys::nameThread("pendingop-unblk");
  static_cast<Unblocker*>(self)->run();
  return nullptr;
}

void Unblocker::run() {
  std::vector<Item> items;
  for (;;) {
    const uint32_t before = wakeups_.load(std::memory_order_seq_cst);
    {
      Lock lock(mutex_);
      items.swap(items_);
    }
    if (items.empty()) waitWhile(wakeups_, before, -1);
    for (const Item& item : items) item.custom->unblock(*item.op, item.generation);
    items.clear();
  }
}

}  // namespace pendingop
