// The race: tens of thousands of ops, each interrupted at a random moment: while queued, while a worker takes
// it, in the gap before a system call, inside it, between two of them, and when it is over.
#include <random>

#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

constexpr size_t kOps = 60000;
constexpr size_t kMostTogether = 12;

class Race {
 public:
  explicit Race(const TempDir& dir)
      : fifo_(dir.fifo("fifo")),
        file_(dir.write("file", std::string(5000, 'x'))),
        made_(dir / "made"),
        deep_(dir / "a/b/c"),
        names_(dir / "names") {
    CHECK_EQ(mkdir(names_.c_str(), 0700), 0);
    for (int i = 0; i < 20; i++) dir.write("names/" + std::to_string(i), "");
  }

  void run() {
    while (begun_ < kOps) {
      const size_t together = 1 + (random_() % 2 == 0 ? random_() % kMostTogether : 0);
      std::vector<Op*> ops;
      for (size_t i = 0; i < together; i++) {
        ops.push_back(any());
        env_.submit(ops.back());
        events_.resize(std::max(events_.size(), static_cast<size_t>(ops.back()->slot) + 1));
      }
      begun_ += together;
      env_.flush();
      for (Op* op : ops) {
        pause(op);
        env_.interrupt(op);
      }
      size_t last = 0;
      size_t told = 0;
      while (last < together) {
        Event* event = env_.next();
        told += take(event) ? 1 : 0;
        last += event->last ? 1 : 0;
        env_.finish(event);
      }
      CHECK_EQ(told, together);
      for (const uint8_t seen : events_) CHECK_EQ(seen, 0);
    }
    CHECK_EQ(cancelled_ + interrupted_ + completed_, begun_);
    CHECK(interrupted_ > begun_ / 10);
    CHECK(completed_ > 0);
    printf("%zu ops: %zu cancelled, %zu interrupted, %zu completed; %zu told before their last close\n",
           begun_, cancelled_, interrupted_, completed_, released_);
  }

 private:
  Op* any() {
    Op* op = nullptr;
    switch (random_() % 10) {
      case 0:
      case 1:
        return env_.makeRead(pipe_.read, 100);
      case 2:
        return env_.makeOpen(fifo_, O_RDONLY);
      case 3:
        return env_.make(Code::stat, file_);
      case 4:
        return env_.makeOpen(file_, O_RDONLY);
      case 5:
        op = env_.make(Code::readFile, random_() % 2 == 0 ? file_ : fifo_);
        break;
      case 6:
        op = env_.make(Code::readdir, names_);
        break;
      case 7:
        op = env_.make(Code::writeFile, made_, {}, "some content");
        op->i0 = O_WRONLY | O_CREAT | O_TRUNC;
        op->i1 = 0600;
        return op;
      case 8:
        op = env_.make(Code::mkdirp, deep_);
        break;
      default:
        op = env_.make(Code::realpath, names_);
        break;
    }
    op->i1 = 0700;
    op->d0 = 1e9;
    return op;
  }

  // Pauses from no time to about as long as a worker takes to be deep inside the call, mostly from the moment
  // when a worker took the op.
  void pause(const Op* op) {
    if (random_() % 4 != 0) {
      const int64_t until = nowNs() + 200 * kMicrosecond;
      while (op->state.state() == State::Queued && nowNs() < until) spinPause();
    }
    const uint32_t spins = random_() % 8 == 0 ? random_() % 2000 : random_() % 200;
    for (uint32_t i = 0; i < spins; i++) spinPause();
  }

  // Returns true for the event that tells the caller.
  bool take(Event* event) {
    const Op& op = *event->op;
    uint8_t& seen = events_[static_cast<size_t>(op.slot)];
    if (event->outcome == Outcome::released) {
      CHECK_EQ(seen, 1);
      CHECK(event->last);
      seen = 0;
      released_++;
      return false;
    }
    CHECK_EQ(seen, 0);
    seen = event->last ? 0 : 1;
    switch (event->outcome) {
      case Outcome::cancelled:
        cancelled_++;
        break;
      case Outcome::interrupted:
        CHECK_EQ(op.result, -EINTR);
        interrupted_++;
        break;
      default:
        CHECK_EQ(event->outcome, Outcome::completed);
        CHECK(op.result >= 0);
        if (op.code == Code::open) CHECK_EQ(close(static_cast<int>(op.result)), 0);
        if (op.code == Code::readdir) CHECK_EQ(op.result, 20);
        if (op.code == Code::readFile) CHECK_EQ(op.output.size, 5000);
        completed_++;
    }
    return true;
  }

  const std::string fifo_, file_, made_, deep_, names_;
  Env env_;
  Pipe pipe_;
  std::mt19937 random_{12345};
  std::vector<uint8_t> events_;
  size_t begun_ = 0, cancelled_ = 0, interrupted_ = 0, completed_ = 0, released_ = 0;
};

}  // namespace

int main() {
  watchdog();
  startPool();
  const int before = openDescriptors();
  {
    const TempDir dir;
    Race(dir).run();
  }
  CHECK_EQ(openDescriptors(), before);
  eventually([] { return Allocator::instance().taken() == 0; });
  eventually([] { return Runtime::instance().main().workers() <= 1; });
}
