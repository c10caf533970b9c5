// An environment without Node: submits ops through a Client and waits for their events. As in Node, each is
// used by one thread.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/futex.h"
#include "core/allocator.h"
#include "core/client.h"
#include "core/runtime.h"
#include "test/check.h"

namespace pendingop::test {

constexpr int64_t kLongGrace = 100 * kSecond;

// The content of an event, with the op's bytes and numbers at that time.
struct Result {
  Outcome outcome = Outcome::released;
  int64_t value = 0;
  Step failed = Step::own;
  bool tookEffect = false;
  int64_t bytesDone = 0;
  std::string bytes;
  bool hasNumbers = false;
  int64_t numbers[kStatFields] = {};
};

class Env {
 public:
  // Null: the pool for local files.
  explicit Env(Pool* pool = nullptr) : client_(Client::open(wake, this)), pool_(pool) {}
  ~Env() { close(); }
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  Op* make(Code code, std::string_view path = {}, std::string_view dest = {}, std::string_view data = {}) {
    int32_t slot = nextSlot_;
    if (freeSlots_.empty()) {
      nextSlot_++;
    } else {
      slot = freeSlots_.back();
      freeSlots_.pop_back();
    }
    Op* op = client_->allocate(slot, pool());
    CHECK(op != nullptr);
    op->code = code;
    op->base = op->destBase = Base{};
    CHECK(op->input.reserve(path.size() + dest.size() + data.size() + 2));
    auto* at = reinterpret_cast<char*>(op->input.data());
    op->path = put(&at, path);
    op->dest = put(&at, dest);
    std::copy(data.begin(), data.end(), at);
    op->data = reinterpret_cast<const uint8_t*>(at);
    op->dataSize = data.size();
    op->queuedNs = nowNs();
    return op;
  }
  Op* makeRead(int fd, size_t wanted, double position = -1) {
    Op* op = make(Code::read);
    op->fd = sys::Descriptor(fd);
    op->wanted = wanted;
    op->d0 = position;
    return op;
  }
  Op* makeOpen(std::string_view path, int flags, int mode = 0644) {
    Op* op = make(Code::open, path);
    op->i0 = flags;
    op->i1 = mode;
    return op;
  }

  void submit(Op* op) { client_->submit(op); }
  void flush() { client_->flush(); }
  void start(Op* op) {
    submit(op);
    flush();
  }
  void interrupt(Op* op, int64_t graceNs = kLongGrace) { client_->interrupt(op, graceNs); }

  // Waits for the next event, as an environment's thread does. Null: nothing has woken it for `limitNs`
  // (negative: it waits for ever).
  Event* next(size_t together = 1, int64_t limitNs = -1) {
    const int64_t until = nowNs() + limitNs;
    for (;;) {
      if (Event* event = client_->take()) return event;
      pool().onLoopSleeps();
      woken_.store(0, std::memory_order_relaxed);
      if (!client_->arm(together)) continue;
      while (woken_.load(std::memory_order_acquire) == 0) {
        if (limitNs >= 0 && nowNs() > until) return nullptr;
        waitWhile(woken_, 0, limitNs);
      }
    }
  }
  void finish(Event* event) {
    if (event->last) freeSlots_.push_back(event->op->slot);
    client_->finish(event);
  }

  // Waits for the next event, which must be this op's.
  Result await(Op* op) {
    Event* event = next();
    CHECK(event->op == op);
    Result result = read(*event);
    finish(event);
    return result;
  }
  Result run(Op* op) {
    start(op);
    return await(op);
  }

  void close() {
    if (client_ != nullptr) client_->close();
    client_ = nullptr;
  }
  Client& client() { return *client_; }

  static Result read(const Event& event) {
    Result result;
    result.outcome = event.outcome;
    if (event.outcome == Outcome::abandoned || event.outcome == Outcome::released) return result;
    const Op& op = *event.op;
    result.value = op.result;
    result.failed = op.failed;
    result.tookEffect = op.tookEffect;
    result.bytesDone = op.bytesDone.load(std::memory_order_relaxed);
    if (event.outcome == Outcome::completed) {
      result.bytes.assign(reinterpret_cast<const char*>(op.output.data()), op.output.size);
    }
    result.hasNumbers = op.hasNumbers;
    if (op.hasNumbers) memcpy(result.numbers, op.numbers, sizeof op.numbers);
    return result;
  }

 private:
  Pool& pool() { return pool_ != nullptr ? *pool_ : Runtime::instance().main(); }
  static const char* put(char** at, std::string_view text) {
    char* const begin = *at;
    std::copy(text.begin(), text.end(), begin);
    begin[text.size()] = 0;
    *at += text.size() + 1;
    return begin;
  }
  static void wake(void* self) {
    auto& word = static_cast<Env*>(self)->woken_;
    word.store(1, std::memory_order_release);
    wakeOne(word);
  }

  std::atomic<uint32_t> woken_{0};
  Client* client_;
  Pool* const pool_;
  std::vector<int32_t> freeSlots_;
  int32_t nextSlot_ = 0;
};

// Submits a read of one byte, for tests that use a Client without an Env.
inline Op* submitRead(Client& client, int32_t slot, int fd) {
  Op* op = client.allocate(slot, Runtime::instance().main());
  op->code = Code::read;
  op->fd = sys::Descriptor(fd);
  op->wanted = 1;
  op->d0 = -1;
  client.submit(op);
  return op;
}

// For conditions that nothing reports: checks again and again. If the condition never comes true, the
// watchdog ends the test.
template <typename Condition>
void eventually(Condition condition) {
  const timespec pause{0, kMillisecond};
  while (!condition()) nanosleep(&pause, nullptr);
}

// Whether the kernel has put the thread to sleep.
inline bool isAsleep(uint32_t thread) {
  std::ifstream stat("/proc/" + std::to_string(thread) + "/stat");
  const std::string text(std::istreambuf_iterator<char>(stat), {});
  const size_t nameEnd = text.rfind(") ");
  return nameEnd != std::string::npos && (text[nameEnd + 2] == 'S' || text[nameEnd + 2] == 'D');
}

// Waits until the op sleeps in this system call. On the way into the call an interrupt ends the op before the
// call is made, whatever the worker does with signals.
inline void awaitSleep(const Op* op, Call call) {
  eventually([&] {
    return op->state.state() == State::Running && op->call.load() == call && isAsleep(op->thread.load());
  });
}

inline int openDescriptors() {
  int count = 0;
  for (int fd = 0; fd < 4096; fd++) count += fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return count;
}

class TempDir {
 public:
  TempDir() {
    const char* root = getenv("TMPDIR");
    path_ = std::string(root != nullptr ? root : "/tmp") + "/pendingop-XXXXXX";
    CHECK(mkdtemp(path_.data()) != nullptr);
    // Without symbolic links, so that the answers of realpath can be compared.
    std::error_code ignored;
    path_ = std::filesystem::canonical(path_, ignored).string();
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

  std::string write(std::string_view name, std::string_view content) const {
    std::string path = *this / name;
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    CHECK(fd >= 0);
    CHECK_EQ(::write(fd, content.data(), content.size()), content.size());
    ::close(fd);
    return path;
  }
  std::string fifo(std::string_view name) const {
    std::string path = *this / name;
    CHECK_EQ(mkfifo(path.c_str(), 0600), 0);
    return path;
  }

 private:
  std::string path_;
};

struct Pipe {
  int read;
  int write;
  Pipe() {
    int ends[2];
    CHECK_EQ(pipe(ends), 0);
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    ::close(read);
    closeWrite();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void put(std::string_view text) const { CHECK_EQ(::write(write, text.data(), text.size()), text.size()); }
  void closeWrite() {
    if (write >= 0) ::close(write);
    write = -1;
  }
};

inline void startPool() { CHECK_EQ(Runtime::instance().start(), 0); }

}  // namespace pendingop::test
