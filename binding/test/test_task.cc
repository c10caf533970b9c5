// Tasks by themselves: which descriptors they have, what they pass on, and that the end of one ends no other.
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sys/signal.h"
#include "sys/task.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

#if defined(PENDINGOP_BACKEND_LINUX)

#include <sys/syscall.h>

#include "sys/linux/plain.h"

namespace {

// What a task gets and what it found. Like every task, it must not use libc.
struct Told {
  std::atomic<uint32_t> alive{0};
  std::atomic<uint32_t> saw{0};
  const char* path = "";
  int descriptor = -1;
  long flags = 0;
  long result = 0;
  char byte = 0;
  uint8_t* stack = nullptr;
  long id = 0;
};

void start(Told& told, void (*body)(void*), sys::Table table) {
  told.stack = sys::mapStack();
  CHECK(told.stack != nullptr);
  if (table == sys::Table::own) eventually([] { return sys::ownTables() == sys::OwnTables::ready; });
  told.id = sys::startTask({body, &told, told.stack, &told.alive, table}, 0);
  CHECK(told.id > 0);
}

// The task has ended, by itself or by a kill: it is reported once, and its stack is free.
void gone(Told& told) {
  eventually([&] { return told.alive.load() == 0; });
  eventually([&] { return sys::reapTask(static_cast<uint32_t>(told.id)); });
  sys::unmapStack(told.stack);
}

void saw(Told& told) {
  told.saw.store(1);
  wakeOne(told.saw);
}

void openIt(void* argument) {
  auto& told = *static_cast<Told*>(argument);
  told.result = sys::plain(SYS_openat, AT_FDCWD, told.path, O_RDONLY | O_CLOEXEC);
  sys::endTask();
}

void sharedTable(const std::string& file) {
  Told told;
  told.path = file.c_str();
  const int before = openDescriptors();
  start(told, openIt, sys::Table::shared);
  gone(told);
  CHECK(told.result >= 0);
  CHECK_EQ(openDescriptors(), before + 1);
  CHECK_EQ(close(static_cast<int>(told.result)), 0);
}

void handOver(void* argument) {
  auto& told = *static_cast<Told*>(argument);
  told.flags = sys::plain(SYS_fcntl, told.descriptor, F_GETFD);
  const long fd = sys::plain(SYS_openat, AT_FDCWD, told.path, O_RDONLY | O_CLOEXEC);
  told.result = fd < 0 ? fd : sys::passDescriptor(reinterpret_cast<uintptr_t>(&told), sys::Descriptor(fd));
  sys::closeOwn(sys::Descriptor(fd));
  sys::endTask();
}

void ownTable(const std::string& file) {
  Pipe pipe;
  Told told;
  told.path = file.c_str();
  told.descriptor = pipe.read;
  const int before = openDescriptors();
  sys::Passed passed;
  CHECK(!sys::takeDescriptor(&passed));
  start(told, handOver, sys::Table::own);
  gone(told);
  CHECK_EQ(told.result, 0);
  // Nothing of ours is in its table, and what it had open is closed with it.
  CHECK_EQ(told.flags, -EBADF);
  CHECK_EQ(openDescriptors(), before);
  CHECK(sys::takeDescriptor(&passed));
  const long fd = sys::descriptorOf(passed);
  CHECK(fd >= 0);
  CHECK_EQ(passed.token, reinterpret_cast<uintptr_t>(&told));
  CHECK_EQ(fcntl(sys::Descriptor(fd), F_GETFD), FD_CLOEXEC);
  struct stat ours, theirs;
  CHECK_EQ(fstat(sys::Descriptor(fd), &theirs), 0);
  CHECK_EQ(stat(file.c_str(), &ours), 0);
  CHECK_EQ(ours.st_ino, theirs.st_ino);
  CHECK_EQ(close(sys::Descriptor(fd)), 0);
}

void readIt(void* argument) {
  auto& told = *static_cast<Told*>(argument);
  saw(told);
  told.result = sys::plain(SYS_read, told.descriptor, &told.byte, 1);
  saw(told);
  sys::endTask();
}

void killed(sys::Table) {
  Pipe pipe;
  Told told;
  told.descriptor = pipe.read;
  told.result = 1;
  const int before = openDescriptors();
  start(told, readIt, sys::Table::shared);
  eventually([&] { return told.saw.load() == 1; });
  told.saw.store(0);
  CHECK(!sys::reapTask(static_cast<uint32_t>(told.id)));
  sys::killTask(static_cast<uint32_t>(told.id));
  gone(told);
  // It has not returned from its call, and nothing else has noticed.
  CHECK_EQ(told.saw.load(), 0);
  CHECK_EQ(openDescriptors(), before);
  pipe.put("x");
  CHECK_EQ(read(pipe.read, &told.byte, 1), 1);
}

void runs(void* argument) {
  auto& told = *static_cast<Told*>(argument);
  while (told.saw.load() == 0) continue;
  sys::endTask();
}

// A killed task that has a processor or waits for one is not blocked: a change of rights waits for it.
void counted() {
  Told running;
  start(running, runs, sys::Table::shared);
  sys::Remaining remaining;
  remaining.addKilled(static_cast<uint32_t>(running.id));
  CHECK_EQ(remaining.dying, 1);
  CHECK_EQ(remaining.held, 0);
  running.saw.store(1);
  gone(running);

  Pipe pipe;
  Told blocked;
  blocked.descriptor = pipe.read;
  start(blocked, readIt, sys::Table::shared);
  eventually([&] {
    remaining = {};
    remaining.addKilled(static_cast<uint32_t>(blocked.id));
    return remaining.held == 1;
  });
  CHECK_EQ(remaining.dying, 0);
  pipe.put("x");
  gone(blocked);
}

// A process that gives up its rights gets new tasks. Those with a table of their own work as before.
void renewed(const std::string& file) {
  sys::forbidTasks();
  Told told;
  told.stack = sys::mapStack();
  CHECK_EQ(sys::startTask({openIt, &told, told.stack, &told.alive, sys::Table::own}, 0), -EAGAIN);
  sys::unmapStack(told.stack);
  eventually([] {
    const sys::Remaining remaining = sys::endStandingTasks();
    CHECK_EQ(remaining.kept, 0);
    return remaining.held == 0;
  });
  sys::allowTasks();
  ownTable(file);
}

}  // namespace

int main() {
  watchdog(120);
  if (sys::tasksRefused()) return 0;  // by a sanitizer; test_kill shows what happens instead
  TempDir dir;
  const std::string file = dir.write("file", "content");
  {
    // The first task makes something for all: a template, and its socket. It must not count as a leak.
    Told told;
    told.path = file.c_str();
    start(told, openIt, sys::Table::shared);
    gone(told);
    close(static_cast<int>(told.result));
  }
  for (int i = 0; i < 200; i++) {
    sharedTable(file);
    ownTable(file);
    killed(sys::Table::shared);
  }
  for (int i = 0; i < 20; i++) renewed(file);
  counted();
  // The last one that was left behind may still be ending.
  int zombies = 0;
  while (waitpid(-1, nullptr, WNOHANG | __WALL) > 0) zombies++;
  CHECK(zombies <= 2);
  CHECK(!sys::tasksRefused());
  return 0;
}

#else

int main() {
  CHECK(sys::tasksRefused());
  return 0;
}

#endif
