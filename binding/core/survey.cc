#include "core/survey.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "core/allocator.h"
#include "core/links.h"
#include "core/mounts.h"
#include "core/path_text.h"
#include "sys/files.h"
#include "sys/mountinfo.h"
#include "sys/peek.h"

namespace pendingop {

namespace {

constexpr int64_t kStuck = kSecond;

bool isLive(State state) {
  return state == State::Queued || state == State::Running || state == State::Interrupting ||
         state == State::Abandoned;
}

// The fields that the environment's thread writes before the op is queued. It may be writing them for the
// memory's next op.
struct Raw {
  Code code;
  uint8_t function;
  sys::Descriptor fd;
  const char* path;
  const char* dest;
  int64_t queuedNs;
};

template <typename T>
NO_SANITIZE_THREAD T racy(const T& from) {
  return *const_cast<const volatile T*>(&from);
}

NO_SANITIZE_THREAD Raw rawOf(const Op& op) {
  return {racy(op.code), racy(op.function), racy(op.fd), racy(op.path), racy(op.dest), racy(op.queuedNs)};
}

std::string workingDirectory() {
  char buffer[sys::kLongestPath];
  return sys::currentDirectory(buffer, sizeof buffer) ? buffer : "";
}

std::string absolute(const std::string& cwd, const std::string& path) {
  if (path.empty() || path[0] == '/') return path;
  return cwd == "/" ? cwd + path : cwd + '/' + path;
}

// The system's answers to one survey, each asked for once: thousands of ops may share a descriptor.
struct Sources {
  const std::string cwd = workingDirectory();
  sys::Peek peek;
  std::unordered_map<int, std::string> descriptors;

  std::string text(const char* from) {
    return from == kNoText ? std::string() : peek.text(from, sys::kLongestPath);
  }
  const std::string& pathOf(sys::Descriptor fd) {
    const auto [at, isNew] = descriptors.try_emplace(fd);
    if (isNew) at->second = sys::pathOf(fd);
    return at->second;
  }
};

bool look(Op* op, uint32_t number, int64_t now, Sources& sources, Sight* sight) {
  const uint64_t word = op->state.word()->load(std::memory_order_acquire);
  const auto state = static_cast<State>(word & 0xff);
  if (!isLive(state)) return false;
  const Raw raw = rawOf(*op);
  std::string path = raw.fd >= 0 ? std::string() : sources.text(raw.path);
  std::string dest = sources.text(raw.dest);
  const int64_t started = op->startedNs.load(std::memory_order_relaxed);
  const uint32_t thread = op->thread.load(std::memory_order_relaxed);
  const Call call = op->call.load(std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_acquire);
  const uint64_t after = op->state.word()->load(std::memory_order_acquire);
  if (after >> 8 != word >> 8 || !isLive(static_cast<State>(after & 0xff))) return false;
  // The target of a symbolic link is text; the link is the place.
  if (raw.code == Code::symlink) std::swap(path, dest);
  path = raw.fd >= 0 ? sources.pathOf(raw.fd) : absolute(sources.cwd, path);
  const int64_t until = started != 0 ? started : now;
  *sight = {op,
            word >> 8,
            number,
            static_cast<State>(after & 0xff),
            raw.code,
            raw.function,
            call,
            thread,
            raw.fd,
            std::max(0.0, static_cast<double>(until - raw.queuedNs) / kMillisecond),
            started != 0 ? static_cast<double>(now - started) / kMillisecond : 0,
            std::move(path),
            raw.code == Code::symlink ? std::move(dest) : absolute(sources.cwd, dest),
            {}};
  return true;
}

}  // namespace

std::vector<Sight> survey(const std::string& under) {
  const int64_t now = nowNs();
  Mounts::instance().refresh();
  const auto mounts = Mounts::instance().current();
  Sources sources;
  std::vector<Sight> sights;
  Allocator::instance().each([&](Op* op, uint32_t number) {
    Sight sight;
    if (!look(op, number, now, sources, &sight)) return;
    if (!under.empty() && !isUnder(sight.path, under) && !isUnder(sight.dest, under)) return;
    if (const Mount* mount = Links::instance().shown(*mounts, sight.path)) sight.mount = mount->point;
    sights.push_back(std::move(sight));
  });
  return sights;
}

Op* opNamed(uint32_t number, uint64_t generation) {
  Op* op = Allocator::instance().at(number);
  if (op == nullptr) return nullptr;
  const uint64_t word = op->state.word()->load(std::memory_order_acquire);
  return word >> 8 == generation && isLive(static_cast<State>(word & 0xff)) ? op : nullptr;
}

Census census() {
  const int64_t now = nowNs();
  Census census;
  int64_t oldest = now;
  Allocator::instance().each([&](Op* op, uint32_t) {
    const int64_t started = op->startedNs.load(std::memory_order_relaxed);
    switch (op->state.state()) {
      case State::Queued:
        census.queued++;
        oldest = std::min(oldest, rawOf(*op).queuedNs);
        break;
      case State::Running:
        census.running++;
        if (started != 0 && now - started >= kStuck) census.stuck++;
        break;
      case State::Interrupting:
        census.interrupting++;
        if (started != 0 && now - started >= kStuck) census.stuck++;
        break;
      case State::Abandoned:
        census.abandoned++;
        census.stuck++;
        break;
      default:
        break;
    }
  });
  if (census.queued > 0) census.oldestQueuedMs = static_cast<double>(now - oldest) / kMillisecond;
  return census;
}

}  // namespace pendingop
