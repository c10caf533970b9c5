// The lock that survives its owner: a task is killed while it holds the lock, or while it waits for it.
#include <thread>
#include <vector>

#include "base/robust_mutex.h"
#include "sys/task.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

// Threads and tasks exclude each other: one at a time changes what the lock guards.
void excludes() {
  RobustMutex lock;
  int shared = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; i++) {
        CHECK(!lock.lock(nullptr));
        shared++;
        lock.unlock(nullptr);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK_EQ(shared, 80000);
}

struct Task {
  std::atomic<uint32_t> alive{0};
  std::atomic<uint32_t> saw{0};
  RobustMutex* lock = nullptr;
  LockHolder holder;
  uint8_t* stack = nullptr;
  long id = 0;
};

void start(Task& task, RobustMutex& lock, void (*body)(void*)) {
  task.lock = &lock;
  task.stack = sys::mapStack();
  CHECK(task.stack != nullptr);
  task.id = sys::startTask({body, &task, task.stack, &task.alive, sys::Table::shared}, 0);
  CHECK(task.id > 0);
}

void gone(Task& task) {
  sys::killTask(static_cast<uint32_t>(task.id));
  eventually([&] { return task.alive.load() == 0; });
  eventually([&] { return sys::reapTask(static_cast<uint32_t>(task.id)); });
  sys::unmapStack(task.stack);
}

void lockFirst(Task& task) {
  task.holder.task = sys::taskId();
  sys::watchLocksOf(task.holder);
  task.lock->lock(&task.holder);
  task.saw.store(1);
}

void holdIt(void* argument) {
  lockFirst(*static_cast<Task*>(argument));
  for (;;) spinPause();
}

void holdItForAWhile(void* argument) {
  auto& task = *static_cast<Task*>(argument);
  lockFirst(task);
  for (int i = 0; i < 1000; i++) spinPause();
  task.lock->unlock(&task.holder);
  sys::endTask();
}

void waitForIt(void* argument) {
  auto& task = *static_cast<Task*>(argument);
  task.holder.task = sys::taskId();
  sys::watchLocksOf(task.holder);
  task.saw.store(1);
  task.lock->lock(&task.holder);
  for (;;) spinPause();
}

void killedWithIt() {
  RobustMutex lock;
  Task task;
  start(task, lock, holdIt);
  eventually([&] { return task.saw.load() == 1; });
  // The kernel wakes a waiter that sleeps.
  std::atomic<int> died{-1};
  std::thread waiter([&] {
    died = lock.lock(nullptr) ? 1 : 0;
    lock.unlock(nullptr);
  });
  gone(task);
  waiter.join();
  CHECK_EQ(died.load(), 1);
  // It is reported once.
  CHECK(!lock.lock(nullptr));
  lock.unlock(nullptr);
}

void givenBack() {
  RobustMutex lock;
  Task task;
  start(task, lock, holdItForAWhile);
  eventually([&] { return task.saw.load() == 1; });
  CHECK(!lock.lock(nullptr));
  lock.unlock(nullptr);
  gone(task);
  CHECK(!lock.lock(nullptr));
  lock.unlock(nullptr);
}

void killedWhileItWaits() {
  RobustMutex lock;
  CHECK(!lock.lock(nullptr));
  Task task;
  start(task, lock, waitForIt);
  eventually([&] { return task.saw.load() == 1; });
  gone(task);
  std::thread other([&] {
    CHECK(!lock.lock(nullptr));
    lock.unlock(nullptr);
  });
  lock.unlock(nullptr);
  other.join();
}

}  // namespace

int main() {
  watchdog();
  excludes();
  if (sys::tasksRefused()) return 0;
  for (int i = 0; i < 50; i++) {
    killedWithIt();
    givenBack();
    killedWhileItWaits();
  }
  _exit(0);  // the other tasks of sys/task.h end with the process
}
