// Watches of files, and the queue of their events.
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/watching.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

std::atomic<uint32_t> told{0};

void tell(void*) {
  told.fetch_add(1, std::memory_order_release);
  wakeOne(told);
}

// Waits until the owner was told that often.
void awaitTold(uint32_t times) {
  for (uint32_t seen = told.load(); seen < times; seen = told.load(std::memory_order_acquire))
    waitWhile(told, seen, -1);
}

Result does(Env& env, Code code, std::string_view path, long queue, int64_t watch = 0) {
  Op* op = env.make(code, path);
  op->i0 = sys::Descriptor(queue);
  op->i1 = static_cast<int>(watch);
  return env.run(op);
}

}  // namespace

int main() {
  watchdog();
  startPool();
  Env env;
  TempDir dir;
  const long queue = sys::openWatchQueue(tell, nullptr);
  if (queue == -ENOSYS) {
    CHECK_EQ(does(env, Code::watch, dir.path(), 0).value, -ENOSYS);
    return 0;
  }
  CHECK(queue >= 0);
  char buffer[4096];
  const auto read = [&] { return sys::readWatchQueue(sys::Descriptor(queue), buffer, sizeof buffer); };
  CHECK_EQ(read(), -EAGAIN);
  const int64_t watch = does(env, Code::watch, dir.path(), queue).value;
  CHECK(watch > 0);
  CHECK_EQ(does(env, Code::watch, std::string(dir.path()) + "/.", queue).value, watch);
  CHECK_EQ(does(env, Code::watch, dir / "none", queue).value, -ENOENT);

  CHECK_EQ(mkdir((dir / "one").c_str(), 0700), 0);
  awaitTold(1);
  CHECK(read() > 0);
  CHECK_EQ(read(), -EAGAIN);
  // The owner is told once. After the next arming it is told again, also of what has come meanwhile.
  CHECK_EQ(mkdir((dir / "two").c_str(), 0700), 0);
  CHECK_EQ(told.load(), 1u);
  sys::armWatchQueue(sys::Descriptor(queue));
  awaitTold(2);
  CHECK(read() > 0);

  CHECK_EQ(does(env, Code::unwatch, dir.path(), queue, watch).value, 0);
  CHECK_EQ(does(env, Code::unwatch, dir.path(), queue, watch).value, -EINVAL);
  sys::forgetWatchQueue(sys::Descriptor(queue));
  sys::armWatchQueue(sys::Descriptor(queue));
  CHECK_EQ(close(sys::Descriptor(queue)), 0);
  return 0;
}
