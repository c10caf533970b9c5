// The module: settings, the tables of names, and attach().
#include <napi.h>

#include <cstdlib>

#include "base/clock.h"
#include "core/allocator.h"
#include "core/lanes.h"
#include "core/mounts.h"
#include "core/runtime.h"
#include "napi/control.h"
#include "napi/environment.h"
#include "napi/extension.h"
#include "napi/functions.h"
#include "napi/loop_ops.h"
#include "napi/mounts.h"
#include "napi/processes.h"
#include "sys/image.h"
#include "sys/task.h"
#include "sys/thread.h"

namespace pendingop {
namespace {

Napi::Array names(Napi::Env env, std::initializer_list<const char*> list) {
  auto array = Napi::Array::New(env, list.size());
  uint32_t i = 0;
  for (const char* name : list) array.Set(i++, name);
  return array;
}

Napi::Value start(const Napi::CallbackInfo& info) {
  Mounts::instance().start();
  return Napi::Number::New(info.Env(), Runtime::instance().start());
}

Napi::Value chooseSignal(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           Runtime::instance().chooseSignal(info[0].As<Napi::Number>().Int32Value()));
}

Napi::Value setMaxThreads(const Napi::CallbackInfo& info) {
  Runtime::instance().setMaxThreads(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

Napi::Value setMaxStuckPerMount(const Napi::CallbackInfo& info) {
  Lanes::instance().setMostStuck(info[0].As<Napi::Number>().Uint32Value());
  return info.Env().Undefined();
}

// setKillable(mode): a number of Killable.
Napi::Value setKillable(const Napi::CallbackInfo& info) {
  Runtime::instance().setKillable(static_cast<Killable>(info[0].As<Napi::Number>().Uint32Value()));
  return info.Env().Undefined();
}

// retireTasks(patienceMs): returns the number of killed tasks that the kernel has not released; a negative
// number: that many tasks were not killed. Until resumeTasks() no task is started.
Napi::Value retireTasks(const Napi::CallbackInfo& info) {
  const auto patience = static_cast<int64_t>(info[0].As<Napi::Number>().DoubleValue() * kMillisecond);
  const sys::Remaining remaining = Runtime::instance().retireTasks(patience);
  const auto held = static_cast<double>(remaining.held + remaining.dying);
  const auto kept = static_cast<double>(remaining.kept);
  return Napi::Number::New(info.Env(), kept > 0 ? -kept : held);
}

Napi::Value resumeTasks(const Napi::CallbackInfo& info) {
  Runtime::instance().resumeTasks();
  return info.Env().Undefined();
}

Napi::Value setInline(const Napi::CallbackInfo& info) {
  Inline::setOn(info[0].As<Napi::Boolean>().Value());
  return info.Env().Undefined();
}

// The counts of workers and ops at the moment, for people, and for the tests that look for leaks.
Napi::Value counts(const Napi::CallbackInfo& info) {
  const Lanes::Workers now = Lanes::instance().countWorkers();
  auto counts = Napi::Object::New(info.Env());
  counts.Set("workers", static_cast<double>(now.all));
  counts.Set("idle", static_cast<double>(now.idle));
  counts.Set("queued", static_cast<double>(now.queued));
  counts.Set("ops", static_cast<double>(Allocator::instance().taken()));
  counts.Set("environments", Environment::living.load());
  // The number of calls since the start that needed no worker.
  counts.Set("inline", static_cast<double>(Inline::answered()));
  counts.Set("signal", Runtime::instance().signal());
  // Whether workers can be killed. False if the system has no tasks, or refuses them.
  counts.Set("killable", !sys::tasksRefused());
  return counts;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  if (!sys::canRun()) {
    Napi::Error::New(env, "this program does not have libuv's functions of files")
        .ThrowAsJavaScriptException();
    return exports;
  }
  // Workers may still run code of this image when the last environment unloads it. If the image was linked
  // with -z nodelete, this changes nothing.
  sys::keepImage(reinterpret_cast<const void*>(&init));
#define NAME_ONLY(name) #name,
#define TEXT(name, text) text,
  exports.Set("codes", names(env, {PENDINGOP_CODES(NAME_ONLY)}));
  exports.Set("calls", names(env, {PENDINGOP_CALLS(TEXT)}));
  exports.Set("steps", names(env, {PENDINGOP_STEPS(TEXT)}));
#undef NAME_ONLY
#undef TEXT
  exports.Set("isMainThread", sys::isMainThread());
  if (sys::isMainThread()) std::atexit(Runtime::atExit);
  addFunction(exports, "attach", Environment::attach);
  addFunction(exports, "start", start);
  addFunction(exports, "chooseSignal", chooseSignal);
  addFunction(exports, "setMaxThreads", setMaxThreads);
  addFunction(exports, "setMaxStuckPerMount", setMaxStuckPerMount);
  addFunction(exports, "setKillable", setKillable);
  addFunction(exports, "retireTasks", retireTasks);
  addFunction(exports, "resumeTasks", resumeTasks);
  addFunction(exports, "setInline", setInline);
  addFunction(exports, "nativeApi", extension::makeTable);
  addFunction(exports, "drop", extension::drop);
  addFunction(exports, "refreshMounts", mounts::refresh);
  addFunction(exports, "mounts", mounts::list);
  addFunction(exports, "mountOf", mounts::of);
  addFunction(exports, "health", mounts::health);
  addFunction(exports, "watchMounts", mounts::watch);
  processes::addTo(exports);
  control::addTo(exports);
  control::loop_ops::addTo(exports);
  addFunction(exports, "counts", counts);
  return exports;
}

}  // namespace
}  // namespace pendingop

static Napi::Object initModule(Napi::Env env, Napi::Object exports) { return pendingop::init(env, exports); }
NODE_API_MODULE(pendingop, initModule)
