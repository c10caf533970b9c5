// Which signals are taken, and that nobody else's handler is replaced.
#include <errno.h>

#include "sys/signal.h"
#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

namespace {

void foreign(int) {}
void foreignInfo(int, siginfo_t*, void*) {}

void claims() {
  const int number = sys::defaultSignal();
  CHECK(number <= sys::lastDefaultSignal());
  CHECK_EQ(sys::claimSignal(number), 0);
  CHECK(sys::ownsSignal(number));
  CHECK_EQ(sys::claimSignal(number), 0);  // ours already
  sys::releaseSignal(number);
  CHECK(!sys::ownsSignal(number));
  struct sigaction now;
  CHECK_EQ(sigaction(number, nullptr, &now), 0);
  CHECK(now.sa_handler == SIG_DFL);
}

// A handler of somebody else's, of either kind, and a signal that is ignored on purpose.
void leavesOthersAlone() {
  struct sigaction theirs = {};
  theirs.sa_handler = foreign;
  CHECK_EQ(sigaction(SIGUSR2, &theirs, nullptr), 0);
  CHECK_EQ(sys::claimSignal(SIGUSR2), -EBUSY);
  sys::releaseSignal(SIGUSR2);
  struct sigaction now;
  CHECK_EQ(sigaction(SIGUSR2, nullptr, &now), 0);
  CHECK(now.sa_handler == foreign);

  theirs.sa_sigaction = foreignInfo;
  theirs.sa_flags = SA_SIGINFO;
  CHECK_EQ(sigaction(SIGUSR2, &theirs, nullptr), 0);
  CHECK_EQ(sys::claimSignal(SIGUSR2), -EBUSY);
  CHECK(!sys::ownsSignal(SIGUSR2));

  signal(SIGUSR2, SIG_IGN);
  CHECK_EQ(sys::claimSignal(SIGUSR2), -EBUSY);
  signal(SIGUSR2, SIG_DFL);
}

// Somebody else's handler comes between the look and the exchange.
void givesBackWhatCameMeanwhile() {
  static int looks = 0;
  struct sigaction ours = {};
  ours.sa_handler = [](int) {};
  const auto isFree = [](const struct sigaction& action) {
    if (looks++ > 0) return action.sa_handler == SIG_DFL;
    struct sigaction theirs = {};
    theirs.sa_handler = foreign;
    CHECK_EQ(sigaction(SIGUSR2, &theirs, nullptr), 0);
    return true;
  };
  CHECK_EQ(sys::replaceAction(SIGUSR2, ours, isFree), -EBUSY);
  struct sigaction now;
  CHECK_EQ(sigaction(SIGUSR2, nullptr, &now), 0);
  CHECK(now.sa_handler == foreign);
  signal(SIGUSR2, SIG_DFL);
}

void noSignalAtAll() {
  CHECK_EQ(sys::claimSignal(0), -EINVAL);
  CHECK_EQ(sys::claimSignal(-1), -EINVAL);
  CHECK_EQ(sys::claimSignal(SIGKILL), -EINVAL);
  CHECK_EQ(sys::claimSignal(100000), -EINVAL);
}

// The default signal is in use: the next one is taken. Choosing a signal that cannot be taken is an error,
// and changes nothing.
void poolFindsAFreeOne() {
  struct sigaction theirs = {};
  theirs.sa_handler = foreign;
  CHECK_EQ(sigaction(SIGUSR2, &theirs, nullptr), 0);
  CHECK_EQ(Runtime::instance().chooseSignal(SIGUSR2), -EBUSY);
  CHECK_EQ(Runtime::instance().chooseSignal(SIGKILL), -EINVAL);
  const bool another = sys::defaultSignal() < sys::lastDefaultSignal();
  if (another) CHECK_EQ(sigaction(sys::defaultSignal(), &theirs, nullptr), 0);
  startPool();
  CHECK_EQ(Runtime::instance().signal(), sys::defaultSignal() + (another ? 1 : 0));
  CHECK(sys::ownsSignal(Runtime::instance().signal()));
}

// Somebody replaces our handler. No signal is sent any more, so that their handler is not called, and the op
// is abandoned.
void takenAway() {
  Env env;
  Pipe pipe;
  Op* op = env.makeRead(pipe.read, 1);
  env.start(op);
  awaitSleep(op, Call::read);
  static std::atomic<int> hits{0};
  struct sigaction theirs = {}, ours;
  theirs.sa_handler = [](int) { hits++; };
  CHECK_EQ(sigaction(Runtime::instance().signal(), &theirs, &ours), 0);
  env.interrupt(op, 30 * kMillisecond);
  Event* event = env.next();
  CHECK_EQ(event->outcome, Outcome::abandoned);
  env.finish(event);
  CHECK_EQ(hits.load(), 0);
  // Once the handler is ours again, the supervisor's next attempt succeeds.
  CHECK_EQ(sigaction(Runtime::instance().signal(), &ours, nullptr), 0);
  CHECK_EQ(env.await(op).outcome, Outcome::released);
}

}  // namespace

int main() {
  watchdog();
  claims();
  leavesOthersAlone();
  givesBackWhatCameMeanwhile();
  noSignalAtAll();
  poolFindsAFreeOne();
  takenAway();
}
