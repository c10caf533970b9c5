#include "control/answers.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "control/paths.h"
#include "control/reply.h"
#include "core/client.h"
#include "core/functions.h"
#include "core/lanes.h"
#include "core/mounts.h"
#include "core/stats.h"
#include "core/survey.h"

namespace pendingop::control {

namespace {

constexpr double kDefaultGraceMs = 100;
constexpr double kLongestGraceMs = 60'000;

void put(Json& json, const Sight& sight, const Paths& paths) {
  std::string_view function = functions::nameOf(sight.function);
  json.open('{')
      .field("op", nameOf(sight))
      .field("fn", function)
      .field("state", nameOf(sight.state))
      .field("call", nameOf(sight.call))
      .field("path", paths.write(sight.path))
      .field("dest", paths.write(sight.dest))
      .field("fd", static_cast<int>(sight.fd))
      .field("mount", paths.write(sight.mount))
      .field("thread", sight.thread)
      .field("queuedMs", sight.queuedMs)
      .field("runningMs", sight.runningMs)
      .close('}');
}

void put(Json& json, const loop_ops::LoopOp& op, const Paths& paths) {
  json.open('{')
      .field("op", nameOf(op))
      .field("fn", op.texts.fn)
      .field("state", nameOf(op.state))
      .field("call", "")
      .field("path", paths.write(op.texts.path))
      .field("dest", paths.write(op.texts.dest))
      .field("subject", op.texts.subject)
      .field("label", op.texts.label)
      .field("fd", -1)
      .field("mount", paths.write(op.mount))
      .field("thread", 0)
      .field("queuedMs", 0.0)
      .field("runningMs", op.runningMs)
      .close('}');
}

// Returns the path that the request has as `under`; empty: it has none, or one that is not absolute.
std::string underOf(const Object& request, const Paths& paths) {
  const auto under = request.find("under");
  if (under == request.end() || !under->second.isText) return {};
  std::string path = paths.read(under->second.text);
  if (!path.starts_with('/')) return {};
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

// Answers say that their paths have escapes: a process with an older version of the package knows none.
Json begunWith(const Paths& paths) {
  Json json = begun();
  if (paths.areEscaped()) json.field("escaped", true);
  return json;
}

std::string list(const std::string& under, const Paths& paths) {
  std::vector<Sight> sights = survey(under);
  std::sort(sights.begin(), sights.end(), [](const Sight& a, const Sight& b) {
    return a.queuedMs + a.runningMs > b.queuedMs + b.runningMs;
  });
  Json json = begunWith(paths);
  json.key("ops").open('[');
  for (const Sight& sight : sights) put(json, sight, paths);
  for (const loop_ops::LoopOp& op : loop_ops::list(under)) put(json, op, paths);
  json.close(']');
  return ended(json);
}

std::string listMounts(const Paths& paths) {
  Mounts::instance().refresh();
  const auto table = Mounts::instance().current();
  Json json = begunWith(paths);
  json.key("mounts").open('[');
  for (const Mount& mount : table->all()) {
    if (!mount.visible) continue;
    Lane* lane = mount.remote ? Lanes::instance().at(mount.major, mount.minor) : nullptr;
    json.open('{').field("mountPoint", paths.write(mount.point)).field("type", mount.type);
    json.field("source", paths.write(mount.source));
    json.field("device", std::to_string(mount.major) + ':' + std::to_string(mount.minor));
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
  const Lanes::Workers workers = Lanes::instance().countWorkers();
  auto totals = std::make_unique<Totals>();
  Client::addTotals(totals.get());
  Json json = begun();
  json.key("stats")
      .open('{')
      .field("workers", workers.all)
      .field("idle", workers.idle)
      .field("queued", now.queued);
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

std::string interrupt(const Object& request, uint32_t uid, Waiting* waiting) {
  double grace = kDefaultGraceMs;
  if (const auto found = request.find("grace"); found != request.end()) {
    if (!found->second.isNumber || found->second.number < 0 || found->second.number > kLongestGraceMs)
      return refused("EINVAL", "grace is a number of milliseconds, at most 60000");
    grace = found->second.number;
  }
  const auto op = request.find("op");
  const std::string under = underOf(request, Paths(request));
  std::vector<Sight> sights;
  std::vector<loop_ops::LoopOp> loopOps;
  if (op != request.end() && op->second.isText) {
    for (Sight& sight : survey()) {
      if (nameOf(sight) == op->second.text) sights.push_back(std::move(sight));
    }
    for (loop_ops::LoopOp& one : loop_ops::list()) {
      if (nameOf(one) == op->second.text) loopOps.push_back(std::move(one));
    }
  } else if (!under.empty()) {
    sights = survey(under);
    loopOps = loop_ops::list(under);
  } else {
    return refused("EINVAL", "interrupt takes op, or under: an absolute path");
  }
  Interrupting& to = waiting->interrupting;
  to.begin(sights, loopOps, grace, uid);
  return to.isEmpty() ? to.outcomes() : std::string();
}

std::string abort(const Object& request, uint32_t uid, Waiting* waiting) {
  const auto point = request.find("mount");
  if (point == request.end() || !point->second.isText) return refused("EINVAL", "abort takes mount");
  std::string refusal;
  const Paths paths(request);
  waiting->aborting = Aborting::begin(paths.read(point->second.text), paths, uid, &refusal);
  return refusal;
}

}  // namespace

std::string answerOf(Waiting& waiting, int64_t now) {
  if (!waiting.interrupting.isEmpty())
    return waiting.interrupting.isOver(now) ? waiting.interrupting.outcomes() : std::string();
  std::string answer = waiting.aborting->step(now);
  if (!answer.empty()) waiting.aborting.reset();
  return answer;
}

std::string answer(std::string_view request, uint32_t uid, Waiting* waiting) {
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
  const Paths paths(*parsed);
  if (name == "list") {
    const std::string under = underOf(*parsed, paths);
    if (under.empty() && parsed->contains("under")) return refused("EINVAL", "under is an absolute path");
    return list(under, paths);
  }
  if (name == "mounts") return listMounts(paths);
  if (name == "stats") return stats();
  if (name == "interrupt") return interrupt(*parsed, uid, waiting);
  if (name == "abort") return abort(*parsed, uid, waiting);
  return refused("EINVAL", "do is one of hello, list, mounts, stats, interrupt, abort");
}

}  // namespace pendingop::control
