#include "control/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <string>

#include "base/futex.h"
#include "control/loop_ops.h"
#include "core/functions.h"
#include "core/survey.h"
#include "sys/signal.h"
#include "sys/thread.h"

namespace pendingop::control {

namespace {

constexpr size_t kStack = 512 * 1024;
Mutex mutex;
int chosen GUARDED_BY(mutex) = 0;
std::atomic<int> toThread{-1};

// A signal handler: it only writes.
void onSignal(int) {
  const int saved = errno;
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(toThread.load(std::memory_order_relaxed), &byte, 1);
  errno = saved;
}

// One line for each op: a path with line breaks must not look like another op.
std::string quoted(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      text += c;
    } else {
      char escaped[8];
      snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
      text += escaped;
    }
  }
  return text;
}

void writeAll(const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t size = write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (size > 0) done += static_cast<size_t>(size);
    if (size < 0 && errno != EINTR) return;
  }
}

void report() {
  std::vector<Sight> sights = survey();
  std::sort(sights.begin(), sights.end(), [](const Sight& a, const Sight& b) {
    return a.queuedMs + a.runningMs > b.queuedMs + b.runningMs;
  });
  const std::vector<loop_ops::LoopOp> loopOps = loop_ops::list();
  std::string text = "pendingop: " + std::to_string(sights.size() + loopOps.size()) +
                     " calls in flight in process " + std::to_string(getpid()) + '\n';
  for (const Sight& sight : sights) {
    char line[160];
    const bool queued = sight.state == State::Queued;
    snprintf(line, sizeof line, " %s %.1f ms %s", nameOf(sight.state),
             queued ? sight.queuedMs : sight.runningMs, nameOf(sight.call));
    text += "  ";
    text += functions::nameOf(sight.function);
    text += ' ';
    text += quoted(sight.path);
    if (!sight.dest.empty()) text += " -> " + quoted(sight.dest);
    text += line;
    if (sight.thread != 0) text += " thread " + std::to_string(sight.thread);
    if (!sight.mount.empty()) text += " on " + quoted(sight.mount);
    text += '\n';
  }
  for (const loop_ops::LoopOp& op : loopOps) {
    char line[64];
    snprintf(line, sizeof line, " %s %.1f ms", nameOf(op.state), op.runningMs);
    text += "  " + op.texts.fn + ' ' + quoted(op.texts.path.empty() ? op.texts.subject : op.texts.path);
    if (!op.texts.dest.empty()) text += " -> " + quoted(op.texts.dest);
    text += line;
    text += " of an event loop";
    if (!op.mount.empty()) text += " on " + quoted(op.mount);
    text += '\n';
  }
  writeAll(text);
}

void* wait(void* argument) {
  sys::nameThread("pendingop-rep");
  const int fd = static_cast<int>(reinterpret_cast<intptr_t>(argument));
  char bytes[64];
  for (;;) {
    // Several signals may be read at once, and make one report.
    const ssize_t size = read(fd, bytes, sizeof bytes);
    if (size > 0)
      report();
    else if (size == 0 || errno != EINTR)
      return nullptr;
  }
}

}  // namespace

int reportOn(int signal) {
  Lock lock(mutex);
  if (chosen != 0) return chosen == signal ? 0 : -EALREADY;
  struct sigaction before;
  if (sigaction(signal, nullptr, &before) != 0) return -errno;
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return -EBUSY;
  int ends[2];
  if (pipe(ends) != 0) return -errno;
  for (const int fd : ends) fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  toThread.store(ends[1], std::memory_order_relaxed);
  struct sigaction action = {};
  action.sa_handler = onSignal;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  if (!sys::startThread(wait, reinterpret_cast<void*>(static_cast<intptr_t>(ends[0])), kStack) ||
      sigaction(signal, &action, nullptr) != 0) {
    const int failed = errno == 0 ? EAGAIN : errno;
    for (const int fd : ends) close(fd);
    return -failed;
  }
  chosen = signal;
  return 0;
}

}  // namespace pendingop::control
