// The table of mounts and the health of remote file systems, for JavaScript.
#include "napi/mounts.h"

#include <string>

#include "core/lanes.h"
#include "core/links.h"
#include "core/mounts.h"
#include "napi/from_threads.h"
#include "napi/views.h"
#include "sys/mountinfo.h"

namespace pendingop::mounts {

namespace {

Napi::String textOf(Napi::Env env, const std::string& bytes) {
  return Napi::String::New(env, bytes.data(), bytes.size());
}

// One character for each byte, since a name need not be UTF-8.
napi_value bytesOf(napi_env env, const std::string& bytes) {
  napi_value text = nullptr;
  napi_create_string_latin1(env, bytes.data(), bytes.size(), &text);
  return text;
}

// `function` belongs to one environment.
void changed(void* function) {
  napi_call_threadsafe_function(static_cast<napi_threadsafe_function>(function), nullptr,
                                napi_tsfn_nonblocking);
}

void unwatch(void* function) { Lanes::instance().unlisten(function); }

}  // namespace

// refreshMounts(): reads the table again and returns its version.
Napi::Value refresh(const Napi::CallbackInfo& info) {
  Mounts::instance().refresh();
  return Napi::Number::New(info.Env(), static_cast<double>(Mounts::instance().version()));
}

// mounts(): returns the mounts that paths can lead to.
Napi::Value list(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto table = Mounts::instance().current();
  auto mounts = Napi::Array::New(env);
  uint32_t count = 0;
  for (const Mount& mount : table->all()) {
    if (!mount.visible) continue;
    auto entry = Napi::Object::New(env);
    entry.Set("id", mount.id);
    entry.Set("major", mount.major);
    entry.Set("minor", mount.minor);
    entry.Set("point", textOf(env, mount.point));
    entry.Set("bytes", bytesOf(env, mount.point));
    entry.Set("type", textOf(env, mount.type));
    entry.Set("source", textOf(env, mount.source));
    entry.Set("remote", mount.remote);
    mounts.Set(count++, entry);
  }
  return mounts;
}

// mountOf(path: Uint8Array): returns the id of the mount that an absolute path is on, judged by its text and
// by links that calls were seen to follow; -1: not known.
Napi::Value of(const Napi::CallbackInfo& info) {
  const View view = viewOf(info.Env(), info[0]);
  const std::string_view path(reinterpret_cast<const char*>(view.data), view.size);
  if (sys::meetShare(path)) Mounts::instance().refresh();
  const auto table = Mounts::instance().current();
  const Mount* mount = Links::instance().shown(*table, path);
  return Napi::Number::New(info.Env(), mount == nullptr ? -1 : mount->id);
}

// health(major, minor): returns the number of calls that are stuck there, negative once it has stalled; 0 if
// no call was made there.
Napi::Value health(const Napi::CallbackInfo& info) {
  const Lane* lane = Lanes::instance().at(info[0].As<Napi::Number>().Uint32Value(),
                                          info[1].As<Napi::Number>().Uint32Value());
  double stuck = lane == nullptr ? 0 : static_cast<double>(lane->health.stuck());
  if (lane != nullptr && lane->health.isStalled()) stuck = -1 - stuck;
  return Napi::Number::New(info.Env(), stuck);
}

// watchMounts(listener): calls it whenever a remote file system has stalled or recovered.
Napi::Value watch(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const napi_threadsafe_function function = fromThreads(env, info[0], "pendingop mounts");
  if (function == nullptr) return env.Undefined();
  // Added after the function above, so that it runs before that function is finalized.
  napi_add_env_cleanup_hook(env, unwatch, function);
  Lanes::instance().listen(changed, function);
  return env.Undefined();
}

}  // namespace pendingop::mounts
