#include "napi/loop_ops.h"

#include <memory>
#include <string>
#include <utility>

#include "control/loop_ops.h"
#include "napi/from_threads.h"
#include "napi/functions.h"

namespace pendingop::control::loop_ops {

namespace {

// One copy of the package in an environment: two may share this image. Freed with the environment.
struct Loop {
  napi_threadsafe_function function = nullptr;
};

// A request to interrupt one of its ops.
struct Word {
  uint32_t number;
  double graceMs;
  Told told;
};

void leaveWord(void* context, uint32_t number, double graceMs, const Told& told) {
  auto* word = new Word{number, graceMs, told};
  if (napi_call_threadsafe_function(static_cast<Loop*>(context)->function, word, napi_tsfn_nonblocking) !=
      napi_ok)
    delete word;
}

void readWord(napi_env raw, napi_value listener, void*, void* data) {
  const std::unique_ptr<Word> word(static_cast<Word*>(data));
  if (raw == nullptr) return;
  word->told->outcome.store(kRead, std::memory_order_release);
  const Napi::Env env(raw);
  const auto tell = [told = word->told](const Napi::CallbackInfo& info) {
    told->outcome.store(info[0].As<Napi::Number>().Int32Value(), std::memory_order_release);
  };
  Napi::Function(env, listener)
      .Call({Napi::Number::New(env, word->number), Napi::Number::New(env, word->graceMs),
             Napi::Function::New(env, tell, "tell")});
}

// watchLoopOps(listener): the listener gets the number of an op that a client wants to interrupt, the grace
// in ms, and a function that takes the number of its outcome. Returns the argument for beginLoopOp().
Napi::Value watchOps(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto* loop = new Loop;
  // Hooks run in the reverse order: this one runs last.
  napi_add_env_cleanup_hook(
      env, [](void* data) { delete static_cast<Loop*>(data); }, loop);
  loop->function = fromThreads(env, info[0], "pendingop loop", readWord);
  if (loop->function == nullptr) return env.Undefined();
  // Added later, so it runs before the thread-safe function is finalized.
  napi_add_env_cleanup_hook(env, leave, loop);
  join(loop, leaveWord);
  return Napi::External<Loop>::New(env, loop);
}

std::string textOf(const Napi::Value& value) { return value.As<Napi::String>().Utf8Value(); }

// beginLoopOp(loop, fn, path, dest, subject, label): returns the number of the op.
Napi::Value beginOp(const Napi::CallbackInfo& info) {
  Loop* loop = info[0].As<Napi::External<Loop>>().Data();
  Texts texts{textOf(info[1]), textOf(info[2]), textOf(info[3]), textOf(info[4]), textOf(info[5])};
  return Napi::Number::New(info.Env(), begin(loop, std::move(texts)));
}

// markLoopOp(number, state): a number of State.
void markOp(const Napi::CallbackInfo& info) {
  mark(info[0].As<Napi::Number>().Uint32Value(),
       static_cast<State>(info[1].As<Napi::Number>().Uint32Value()));
}

void endOp(const Napi::CallbackInfo& info) { end(info[0].As<Napi::Number>().Uint32Value()); }

}  // namespace

void addTo(Napi::Object exports) {
  addFunction(exports, "watchLoopOps", watchOps);
  addFunction(exports, "beginLoopOp", beginOp);
  addFunction(exports, "markLoopOp", markOp);
  addFunction(exports, "endLoopOp", endOp);
}

}  // namespace pendingop::control::loop_ops
