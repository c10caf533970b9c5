// A client that is closed with ops in every state: nothing waits for the kernel, and nothing leaks.
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void settled() {
  eventually([] { return Allocator::instance().taken() == 0; });
}

// Queued, running, interrupting, done, taken or not: all are closed at once, again and again.
void everyState(const TempDir& dir, int rounds) {
  const std::string fifo = dir / "fifo";
  const std::string file = dir.write("file", "x");
  Pipe pipe;
  for (int round = 0; round < rounds; round++) {
    Env env;
    std::vector<Op*> blocked;
    for (int i = 0; i < 3; i++) blocked.push_back(env.makeRead(pipe.read, 1));
    blocked.push_back(env.makeOpen(fifo, O_RDONLY));
    blocked.push_back(env.makeOpen(dir / "other", O_WRONLY | O_CREAT));
    for (Op* op : blocked) env.submit(op);
    for (int i = 0; i < 5; i++) env.submit(env.make(Code::stat, file));
    for (int i = 0; i < 5; i++) env.submit(env.makeOpen(file, O_RDONLY));
    if (round % 2 == 0 || round % 5 == 0) env.flush();
    if (round % 3 == 0) env.interrupt(blocked[0]);
    if (round % 5 == 0) {
      Event* event = env.next();
      if (event->op->code == Code::open && event->op->result >= 0) close(static_cast<int>(event->op->result));
      env.finish(event);
    }
    if (round % 7 == 0) {
      for (Op* op : blocked) env.interrupt(op, 0);
    }
    const int64_t before = nowNs();
    env.close();
    CHECK(nowNs() - before < 10 * kSecond);
  }
  settled();
}

// Descriptors that were opened when nobody was left to take them.
void unseenDescriptors(const TempDir& dir) {
  const std::string file = dir.write("unseen", "");
  const int before = openDescriptors();
  for (int round = 0; round < 50; round++) {
    Env env;
    std::vector<Op*> ops;
    for (int i = 0; i < 10; i++) ops.push_back(env.makeOpen(file, O_RDONLY));
    Op* directory = env.make(Code::opendir, dir.path());
    ops.push_back(directory);
    for (Op* op : ops) env.submit(op);
    env.flush();
    eventually([&] {
      for (const Op* op : ops) {
        if (op->state.state() != State::Done) return false;
      }
      return true;
    });
  }
  settled();
  eventually([before] { return openDescriptors() == before; });
}

// Environments that come and go on threads of their own, while another one is busy.
void manyThreads(const TempDir& dir) {
  const std::string file = dir.write("busy", "content");
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    Env env;
    while (!stop.load()) CHECK_EQ(env.run(env.make(Code::stat, file)).value, 0);
  });
  std::vector<std::thread> threads;
  threads.reserve(4);
  Pipe pipe;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&] {
      for (int round = 0; round < 60; round++) {
        Env env;
        for (int i = 0; i < 20; i++) env.submit(env.make(Code::stat, file));
        for (int i = 0; i < 4; i++) env.submit(env.makeRead(pipe.read, 1));
        env.flush();
        for (int i = 0; i < round % 20; i++) {
          Event* event = env.next();
          CHECK_EQ(event->outcome, Outcome::completed);
          CHECK_EQ(event->op->result, 0);
          env.finish(event);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  stop = true;
  busy.join();
  settled();
}

// A close that was cancelled still has to happen: once its environment has ended, nobody else has the
// descriptor.
void closeTakenOutOfTheQueue(const TempDir& dir) {
  Pool& pool = Runtime::instance().main();
  Runtime::instance().setMaxThreads(1);
  eventually([&] { return pool.workers() <= 1; });
  const int fd = open(dir.write("closed", "").c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0);
  Pipe pipe;
  {
    Env env;
    Op* stuck = env.makeRead(pipe.read, 1);
    env.start(stuck);
    eventually([&] { return stuck->state.state() == State::Running; });
    Op* op = env.make(Code::close);
    op->fd = sys::Descriptor(fd);
    env.start(op);
    env.interrupt(op);
    CHECK(op->state.state() == State::Done);
  }
  settled();
  CHECK(fcntl(fd, F_GETFD) < 0);
  Runtime::instance().setMaxThreads(16384);
}

// Makes a pair of connected sockets. The first one waits in its close until everything that it has sent was
// read.
void lingeringPair(int ends[2]) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  CHECK_EQ(bind(server, reinterpret_cast<sockaddr*>(&address), length), 0);
  CHECK_EQ(listen(server, 1), 0);
  CHECK_EQ(getsockname(server, reinterpret_cast<sockaddr*>(&address), &length), 0);
  ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK_EQ(connect(ends[0], reinterpret_cast<sockaddr*>(&address), length), 0);
  ends[1] = accept(server, nullptr, nullptr);
  CHECK(ends[1] >= 0);
  close(server);
  const linger seconds{60, 60};
  CHECK_EQ(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &seconds, sizeof seconds), 0);
}

// A close that waits, and that a signal would end. Interrupting it frees its caller, and the close goes on.
void noSignalInAClose() {
  int ends[2];
  lingeringPair(ends);
  const std::string block(64 * 1024, 'x');
  CHECK_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  while (write(ends[0], block.data(), block.size()) > 0) {
  }
  CHECK_EQ(fcntl(ends[0], F_SETFL, 0), 0);
  Env env;
  Op* op = env.make(Code::close);
  op->fd = sys::Descriptor(ends[0]);
  env.start(op);
  eventually([&] { return op->call.load() == Call::close && fcntl(ends[0], F_GETFD) < 0; });
  env.interrupt(op, 30 * kMillisecond);
  Event* event = env.next();
  CHECK_EQ(event->outcome, Outcome::abandoned);
  env.finish(event);
  std::string got(block.size(), 0);
  while (read(ends[1], got.data(), got.size()) > 0) {
  }
  CHECK_EQ(env.await(op).outcome, Outcome::released);
  close(ends[1]);
}

}  // namespace

int main() {
  watchdog();
  startPool();
  const int before = openDescriptors();
  {
    const TempDir dir;
    dir.fifo("fifo");
    dir.fifo("other");
    everyState(dir, 300);
    unseenDescriptors(dir);
    manyThreads(dir);
    closeTakenOutOfTheQueue(dir);
    noSignalInAClose();
  }
  eventually([before] { return openDescriptors() == before; });
  eventually([] { return Runtime::instance().main().workers() <= 1; });
}
