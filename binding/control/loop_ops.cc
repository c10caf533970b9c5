#include "control/loop_ops.h"

#include <map>
#include <utility>

#include "base/clock.h"
#include "base/futex.h"
#include "core/mounts.h"
#include "core/path_text.h"

namespace pendingop::control::loop_ops {

namespace {

struct Entry {
  void* context;
  State state;
  int64_t sinceNs;
  Texts texts;
};

Mutex mutex;
uint32_t lastNumber GUARDED_BY(mutex) = 0;
// Never destroyed: the server's thread outlives static destructors.
std::map<uint32_t, Entry>& entries GUARDED_BY(mutex) = *new std::map<uint32_t, Entry>;
std::map<void*, Listener>& loops GUARDED_BY(mutex) = *new std::map<void*, Listener>;

}  // namespace

void join(void* context, Listener listener) {
  Lock lock(mutex);
  loops[context] = listener;
}

void leave(void* context) {
  Lock lock(mutex);
  loops.erase(context);
  std::erase_if(entries, [context](const auto& one) { return one.second.context == context; });
}

uint32_t begin(void* context, Texts texts) {
  const int64_t now = nowNs();
  Lock lock(mutex);
  const uint32_t number = ++lastNumber;
  entries.insert_or_assign(number, Entry{context, State::Running, now, std::move(texts)});
  return number;
}

void mark(uint32_t number, State state) {
  Lock lock(mutex);
  if (const auto found = entries.find(number); found != entries.end()) found->second.state = state;
}

void end(uint32_t number) {
  Lock lock(mutex);
  entries.erase(number);
}

std::vector<LoopOp> list(const std::string& under) {
  Mounts::instance().refresh();
  const auto mounts = Mounts::instance().current();
  const int64_t now = nowNs();
  std::vector<LoopOp> found;
  Lock lock(mutex);
  for (const auto& [number, entry] : entries) {
    const Texts& texts = entry.texts;
    if (!under.empty() && !isUnder(texts.path, under) && !isUnder(texts.dest, under)) continue;
    const Mount* mount = texts.path.empty() ? nullptr : mounts->of(texts.path);
    found.push_back({number, entry.state, static_cast<double>(now - entry.sinceNs) / kMillisecond,
                     mount == nullptr ? std::string() : std::string(mount->point), texts});
  }
  return found;
}

Told interrupt(uint32_t number, double graceMs) {
  Lock lock(mutex);
  const auto found = entries.find(number);
  if (found == entries.end()) return {};
  Told told(new Answer);
  if (const auto loop = loops.find(found->second.context); loop != loops.end())
    loop->second(loop->first, number, graceMs, told);
  return told;
}

}  // namespace pendingop::control::loop_ops
