#include "control/answers.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>

#include "control/json.h"
#include "control/notices.h"
#include "core/client.h"
#include "core/clock.h"
#include "core/functions.h"
#include "core/lanes.h"
#include "core/mounts.h"
#include "core/runtime.h"
#include "core/stats.h"
#include "core/survey.h"

namespace pendingop::control {

namespace {

constexpr double kDefaultGraceMs = 100;
constexpr double kLongestGraceMs = 60'000;
// What an op needs to tell beyond its grace: the supervisor's tick and the worker's way out.
constexpr int64_t kSlack = 200 * kMillisecond;

const char* nameOf(State state) {
  switch (state) {
    case State::Queued:
      return "queued";
    case State::Interrupting:
      return "interrupting";
    case State::Abandoned:
      return "abandoned";
    default:
      return "running";
  }
}

const char* nameOf(Outcome outcome) {
  constexpr const char* kNames[] = {"completed", "cancelled", "interrupted",
                                    "abandoned", "released",  "killed"};
  return kNames[static_cast<size_t>(outcome)];
}

constexpr const char* kCalls[] = {
#define X(name, text) text,
    PENDINGOP_CALLS(X)
#undef X
};

std::string nameOf(const Sight& sight) {
  return std::to_string(sight.number) + '.' + std::to_string(sight.generation);
}

Json begun() {
  Json json;
  json.open('{').field("v", kProtocol).field("ok", true);
  json.field("pid", static_cast<int>(getpid()));
  return json;
}

std::string ended(Json& json) { return json.close('}').take() + '\n'; }

std::string refused(const char* code, std::string_view why) {
  Json json;
  json.open('{').field("v", kProtocol).field("ok", false).field("code", code).field("error", why);
  return ended(json);
}

void put(Json& json, const Sight& sight) {
  std::string_view function = functions::nameOf(sight.function);
  json.open('{')
      .field("op", nameOf(sight))
      .field("fn", function)
      .field("state", nameOf(sight.state))
      .field("call", kCalls[static_cast<size_t>(sight.call)])
      .field("path", sight.path)
      .field("dest", sight.dest)
      .field("fd", sight.fd)
      .field("mount", sight.mount)
      .field("thread", sight.thread)
      .field("queuedMs", sight.queuedMs)
      .field("runningMs", sight.runningMs)
      .close('}');
}

std::string list(const std::string& under) {
  std::vector<Sight> sights = survey(under);
  std::sort(sights.begin(), sights.end(), [](const Sight& a, const Sight& b) {
    return a.queuedMs + a.runningMs > b.queuedMs + b.runningMs;
  });
  Json json = begun();
  json.key("ops").open('[');
  for (const Sight& sight : sights) put(json, sight);
  json.close(']');
  return ended(json);
}

std::string listMounts() {
  Mounts::instance().refresh();
  const auto table = Mounts::instance().current();
  Json json = begun();
  json.key("mounts").open('[');
  for (const Mount& mount : table->all()) {
    if (!mount.visible) continue;
    Lane* lane = mount.remote ? Lanes::instance().at(mount.major, mount.minor) : nullptr;
    json.open('{').field("mountPoint", mount.point).field("type", mount.type).field("source", mount.source);
    json.field("remote", mount.remote);
    json.field("state", lane != nullptr && lane->health.isStalled() ? "stalled" : "ok");
    json.field("stuck", lane == nullptr ? size_t{0} : lane->health.stuck());
    json.field("workers", lane == nullptr ? size_t{0} : lane->pool.workers());
    json.field("queued", lane == nullptr ? size_t{0} : lane->pool.queued());
    json.close('}');
  }
  json.close(']');
  return ended(json);
}

double ms(uint64_t ns) { return static_cast<double>(ns) / kMillisecond; }

void put(Json& json, std::string_view name, const uint64_t (&buckets)[kBuckets]) {
  json.key(name).open('[');
  for (const uint64_t count : buckets) json.number(count);
  json.close(']');
}

std::string stats() {
  const Census now = census();
  size_t workers = 0;
  size_t idle = 0;
  Lanes::instance().eachPool([&](const Pool& pool) {
    workers += pool.workers();
    idle += pool.idle();
  });
  auto totals = std::make_unique<Totals>();
  Client::addTotals(totals.get());
  Json json = begun();
  json.key("stats").open('{').field("workers", workers).field("idle", idle).field("queued", now.queued);
  json.field("running", now.running + now.interrupting).field("abandoned", now.abandoned);
  json.field("stuck", now.stuck).field("oldestQueuedMs", now.oldestQueuedMs);
  json.key("functions").open('[');
  for (int i = 0; i < functions::kMost; i++) {
    const Totals::Function& function = totals->functions[i];
    if (std::all_of(std::begin(function.ended), std::end(function.ended), [](uint64_t n) { return n == 0; }))
      continue;
    constexpr const char* kEnded[] = {"completed",   "failed", "cancelled",
                                      "interrupted", "killed", "abandoned"};
    json.open('{').field("fn", functions::nameOf(i));
    for (size_t end = 0; end < kEnds; end++) json.field(kEnded[end], function.ended[end]);
    json.field("queuedMs", ms(function.queuedNs)).field("runningMs", ms(function.ranNs)).close('}');
  }
  json.close(']');
  put(json, "queuedBuckets", totals->queued);
  put(json, "runningBuckets", totals->ran);
  json.close('}');
  return ended(json);
}

// Bytes that ops write how they ended to. One that was handed out stays with its op until that has told, so
// they are never freed; those that have been read go round.
class Slips {
 public:
  std::atomic<uint8_t>* take() {
    if (free_.empty()) return &all_.emplace_back(0);
    std::atomic<uint8_t>* slip = free_.back();
    free_.pop_back();
    slip->store(0, std::memory_order_relaxed);
    return slip;
  }
  void give(std::atomic<uint8_t>* slip) { free_.push_back(slip); }

 private:
  std::deque<std::atomic<uint8_t>> all_;
  std::vector<std::atomic<uint8_t>*> free_;
};
Slips& slips = *new Slips;

// The op is to say how it ends. Null: it is over already.
std::atomic<uint8_t>* ask(Op* op, uint64_t generation) {
  std::atomic<uint8_t>* slip = slips.take();
  std::atomic<uint8_t>* none = nullptr;
  if (!op->toldTo.compare_exchange_strong(none, slip, std::memory_order_seq_cst)) {
    slips.give(slip);  // another request has asked
    return nullptr;
  }
  const State state = op->state.state();
  const bool live = state == State::Queued || state == State::Running || state == State::Interrupting;
  if (live && op->state.generation() == generation) return slip;
  // Taken back, unless the op that has the memory now, or this one, has told already.
  if (op->toldTo.exchange(nullptr, std::memory_order_seq_cst) == slip) slips.give(slip);
  return nullptr;
}

void interrupt(const std::vector<Sight>& sights, double graceMs, uint32_t uid, Interrupting* to) {
  const auto grace = static_cast<int64_t>(graceMs * kMillisecond);
  to->until = nowNs() + grace + kSlack;
  for (const Sight& sight : sights) {
    // A close always happens; what is abandoned has been told already.
    if (sight.code == Code::close || sight.state == State::Abandoned) continue;
    if (std::atomic<uint8_t>* slip = ask(sight.op, sight.generation))
      to->ops.push_back({nameOf(sight), sight.op, sight.generation, slip});
  }
  for (const Interrupting::One& one : to->ops)
    Runtime::instance().supervisor().interrupt(one.op, one.generation, grace);
  if (!to->ops.empty()) notices::tell("interrupt", std::to_string(to->ops.size()), uid);
}

std::string interrupt(const Object& request, uint32_t uid, Interrupting* to) {
  double grace = kDefaultGraceMs;
  if (const auto found = request.find("grace"); found != request.end()) {
    if (!found->second.isNumber || found->second.number < 0 || found->second.number > kLongestGraceMs)
      return refused("EINVAL", "grace is a number of milliseconds, at most 60000");
    grace = found->second.number;
  }
  const auto op = request.find("op");
  const auto under = request.find("under");
  std::vector<Sight> sights;
  if (op != request.end() && op->second.isText) {
    for (Sight& sight : survey()) {
      if (nameOf(sight) == op->second.text) sights.push_back(std::move(sight));
    }
  } else if (under != request.end() && under->second.isText && !under->second.text.empty() &&
             under->second.text[0] == '/') {
    std::string root = under->second.text;
    while (root.size() > 1 && root.back() == '/') root.pop_back();
    sights = survey(root);
  } else {
    return refused("EINVAL", "interrupt takes op, or under: an absolute path");
  }
  interrupt(sights, grace, uid, to);
  return to->ops.empty() ? outcomesOf(*to, 0) : std::string();
}

// Only what cannot wait: the connection of a FUSE file system. To unmount by force waits for the server.
std::string abort(const Object& request, uint32_t uid) {
  const auto point = request.find("mount");
  if (point == request.end() || !point->second.isText) return refused("EINVAL", "abort takes mount");
  Mounts::instance().refresh();
  const auto table = Mounts::instance().current();
  for (const Mount& mount : table->all()) {
    if (!mount.visible || mount.point != point->second.text) continue;
    if (mount.type.rfind("fuse", 0) != 0)
      return refused("ENOTSUP", "Only FUSE mounts are aborted here: npx pendingop abort does NFS");
    char path[64];
    snprintf(path, sizeof path, "/sys/fs/fuse/connections/%u/abort", mount.minor);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    const bool done = fd >= 0 && write(fd, "1", 1) == 1;
    const int failed = errno;
    if (fd >= 0) close(fd);
    if (!done)
      return refused(failed == ENOENT ? "ENOENT" : "EPERM",
                     "The connection cannot be aborted by this process");
    notices::tell("abort", mount.point, uid);
    Json json = begun();
    json.field("aborted", mount.point);
    return ended(json);
  }
  return refused("EINVAL", "There is no such mount");
}

}  // namespace

std::string outcomesOf(Interrupting& interrupting, int64_t now) {
  const auto isKnown = [](const Interrupting::One& one) {
    return one.outcome->load(std::memory_order_acquire) != 0;
  };
  const bool over = now >= interrupting.until;
  if (!over && !std::all_of(interrupting.ops.begin(), interrupting.ops.end(), isKnown)) return {};
  Json json = begun();
  json.key("outcomes").open('[');
  for (const Interrupting::One& one : interrupting.ops) {
    const uint8_t told = one.outcome->load(std::memory_order_acquire);
    json.open('{').field("op", one.name);
    json.field("outcome", told == 0 ? "unknown" : nameOf(static_cast<Outcome>(told - 1))).close('}');
    if (told != 0) slips.give(one.outcome);
  }
  json.close(']');
  return ended(json);
}

std::string answer(std::string_view request, uint32_t uid, Interrupting* interrupting) {
  const std::optional<Object> parsed = parse(request);
  if (!parsed) return refused("EINVAL", "A request is a JSON object on one line, without objects in it");
  const auto version = parsed->find("v");
  if (version == parsed->end() || version->second.number != kProtocol)
    return refused("EPROTO", "This process speaks version 1 of the protocol");
  const auto what = parsed->find("do");
  const std::string_view name =
      what != parsed->end() ? std::string_view(what->second.text) : std::string_view();
  if (name == "hello") {
    Json json = begun();
    return ended(json);
  }
  if (name == "list") {
    const auto under = parsed->find("under");
    return list(under != parsed->end() ? under->second.text : std::string());
  }
  if (name == "mounts") return listMounts();
  if (name == "stats") return stats();
  if (name == "interrupt") return interrupt(*parsed, uid, interrupting);
  if (name == "abort") return abort(*parsed, uid);
  return refused("EINVAL", "do is one of hello, list, mounts, stats, interrupt, abort");
}

}  // namespace pendingop::control
