#include "napi/control.h"

#include <memory>
#include <string>

#include "base/clock.h"
#include "control/notices.h"
#include "control/report.h"
#include "control/server.h"
#include "core/client.h"
#include "core/functions.h"
#include "core/lanes.h"
#include "core/mounts.h"
#include "core/stats.h"
#include "core/survey.h"
#include "napi/from_threads.h"
#include "napi/functions.h"

namespace pendingop::control {

namespace {

// openControl(): returns 0 or -errno.
Napi::Value open(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), Server::instance().open());
}

Napi::Value close(const Napi::CallbackInfo& info) {
  Server::instance().close();
  return info.Env().Undefined();
}

// controlPath(): returns '' while the socket is not open.
Napi::Value path(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), Server::instance().path());
}

// reportOn(signal): returns 0 or -errno.
Napi::Value reportOnSignal(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), reportOn(info[0].As<Napi::Number>().Int32Value()));
}

// functionNumber(name): returns the number of the function's name; 0: it has the name of its code.
Napi::Value functionNumber(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), functions::numberOf(info[0].As<Napi::String>().Utf8Value()));
}

// `function` belongs to one environment.
void noticed(void* function, const notices::Notice& notice) {
  auto* copy = new notices::Notice(notice);
  if (napi_call_threadsafe_function(static_cast<napi_threadsafe_function>(function), copy,
                                    napi_tsfn_nonblocking) != napi_ok)
    delete copy;
}

void call(napi_env raw, napi_value listener, void*, void* data) {
  const std::unique_ptr<notices::Notice> notice(static_cast<notices::Notice*>(data));
  if (raw == nullptr) return;
  const Napi::Env env(raw);
  Napi::Function(env, listener)
      .Call({Napi::String::New(env, notice->what), Napi::String::New(env, notice->subject),
             Napi::Number::New(env, notice->uid)});
}

void unwatch(void* function) { notices::unlisten(function); }

// watchControl(listener): the listener gets what was done over the socket, to what, and by which user.
Napi::Value watch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const napi_threadsafe_function function = fromThreads(env, info[0], "pendingop control", call);
  if (function == nullptr) return env.Undefined();
  // Added after the function above, so that it runs before that function is finalized.
  napi_add_env_cleanup_hook(env, unwatch, function);
  notices::listen(noticed, function);
  return env.Undefined();
}

Napi::Array numbers(Napi::Env env, const uint64_t* from, size_t count) {
  auto array = Napi::Array::New(env, count);
  for (size_t i = 0; i < count; i++) array.Set(static_cast<uint32_t>(i), static_cast<double>(from[i]));
  return array;
}

double ms(uint64_t ns) { return static_cast<double>(ns) / kMillisecond; }

// stats(): the counts of the whole process. `functions` has for each function its name, the six counts of
// Ended, and two sums.
Napi::Value stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto totals = std::make_unique<Totals>();
  Client::addTotals(totals.get());
  const Census now = census();
  auto result = Napi::Object::New(env);
  const auto set = [&](const char* key, double value) { result.Set(key, value); };
  set("queued", static_cast<double>(now.queued));
  set("running", static_cast<double>(now.running));
  set("interrupting", static_cast<double>(now.interrupting));
  set("abandoned", static_cast<double>(now.abandoned));
  set("stuck", static_cast<double>(now.stuck));
  set("oldestQueuedMs", now.oldestQueuedMs);
  auto list = Napi::Array::New(env);
  uint32_t count = 0;
  for (int i = 0; i < functions::kMost; i++) {
    const Totals::Function& function = totals->functions[i];
    uint64_t all = 0;
    for (const uint64_t n : function.ended) all += n;
    if (all == 0) continue;
    auto entry = Napi::Object::New(env);
    const std::string_view fn = functions::nameOf(i);
    entry.Set("fn", Napi::String::New(env, fn.data(), fn.size()));
    entry.Set("ended", numbers(env, function.ended, kEnds));
    entry.Set("queuedMs", ms(function.queuedNs));
    entry.Set("runningMs", ms(function.ranNs));
    list.Set(count++, entry);
  }
  result.Set("functions", list);
  result.Set("queuedBuckets", numbers(env, totals->queued, kBuckets));
  result.Set("runningBuckets", numbers(env, totals->ran, kBuckets));
  auto lanes = Napi::Array::New(env);
  uint32_t at = 0;
  const auto table = Mounts::instance().current();
  const auto mountOf = [&](const Pool& pool) -> std::string_view {
    const Lane* lane = Lanes::instance().byPool(pool);
    if (lane == nullptr) return {};
    for (const Mount& mount : table->all()) {
      if (mount.visible && Lanes::instance().at(mount.major, mount.minor) == lane) return mount.point;
    }
    return "(not mounted any more)";
  };
  Lanes::instance().eachPool([&](const Pool& pool) {
    auto lane = Napi::Object::New(env);
    const std::string_view mount = mountOf(pool);
    lane.Set("mount", Napi::String::New(env, mount.data(), mount.size()));
    lane.Set("index", static_cast<double>(pool.index));
    lane.Set("workers", static_cast<double>(pool.workers()));
    lane.Set("idle", static_cast<double>(pool.idle()));
    lane.Set("queued", static_cast<double>(pool.queued()));
    lanes.Set(at++, lane);
  });
  result.Set("lanes", lanes);
  return result;
}

}  // namespace

void addTo(Napi::Object exports) {
  addFunction(exports, "openControl", open);
  addFunction(exports, "closeControl", close);
  addFunction(exports, "controlPath", path);
  addFunction(exports, "watchControl", watch);
  addFunction(exports, "functionNumber", functionNumber);
  addFunction(exports, "reportOn", reportOnSignal);
  addFunction(exports, "stats", stats);
}

}  // namespace pendingop::control
