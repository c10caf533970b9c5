#include "napi/environment.h"

#include <memory>

#include "base/clock.h"
#include "base/errors.h"
#include "core/last_changes.h"
#include "core/runtime.h"
#include "napi/from_threads.h"
#include "napi/functions.h"
#include "napi/views.h"
#include "sys/sys.h"
#include "sys/thread.h"
#include "sys/watching.h"

namespace pendingop {

std::atomic<uint32_t> Environment::living{0};

Napi::Value Environment::attach(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Shared<Environment> self(new Environment(env));
  const auto memory = info[0].As<Napi::Object>();
  self->memory_ = Napi::Reference<Napi::Object>::New(memory, 1);
  self->submissions_ = reinterpret_cast<const Submission*>(arrayBufferOf(memory, "submissions").data);
  self->submissionBytes_ = arrayBufferOf(memory, "submissionBytes").data;
  const View completions = arrayBufferOf(memory, "completions");
  self->completions_ = reinterpret_cast<Completion*>(completions.data);
  self->completionCapacity_ = completions.size / sizeof(Completion) - 1;  // the last record is waitFor()'s
  const View bytes = arrayBufferOf(memory, "completionBytes");
  self->completionBytes_ = bytes.data;
  self->completionBytesSize_ = bytes.size - kStaged;  // likewise
  self->closesDescriptors_ = !sys::isMainThread();
  self->wakeUp_ = fromThreads(env, info[1], "pendingop");
  if (self->wakeUp_ == nullptr) return env.Undefined();
  self->client_ = Client::open(wake, &*self);
  // Added after the function above, so that it runs before that function is finalized. It has a reference of
  // its own: Deno finalizes the functions, which have the others, before it runs the hooks; Node does
  // afterwards.
  napi_add_env_cleanup_hook(env, cleanUp, new Shared<Environment>(self));

  auto functions = Napi::Object::New(env);
  const auto add = [&](const char* key, auto method) {
    addFunction(functions, key,
                [self, method](const Napi::CallbackInfo& call) { return (&*self->*method)(call); });
  };
  add("submit", &Environment::submit);
  add("poll", &Environment::poll);
  add("waitFor", &Environment::waitFor);
  add("takeBytes", &Environment::takeBytes);
  add("takeValue", &Environment::takeValue);
  add("interrupt", &Environment::interrupt);
  add("snapshot", &Environment::snapshot);
  add("keepAlive", &Environment::keepAlive);
  add("closeNow", &Environment::closeNow);
  add("forget", &Environment::forget);
  add("hasOpened", &Environment::hasOpened);
  add("opsOut", &Environment::opsOut);
  add("openWatches", &Environment::openWatches);
  add("readWatches", &Environment::readWatches);
  add("holdForWatches", &Environment::holdForWatches);
  return functions;
}

void Environment::cleanUp(void* argument) {
  const std::unique_ptr<Shared<Environment>> held(static_cast<Shared<Environment>*>(argument));
  Environment* const self = &**held;
  if (self->next_ != nullptr) self->client_->finish(self->next_);
  for (const int32_t slot : self->untaken_) {
    if (Op* op = self->client_->at(slot); op != nullptr) self->client_->finish(&op->done);
  }
  if (self->watches_ >= 0) sys::forgetWatchQueue(self->watches_);
  if (self->closesDescriptors_) {
    if (self->watches_ >= 0) self->client_->leave(self->watches_);
    self->descriptors_.each([self](sys::Descriptor fd) { self->client_->leave(fd); });
  }
  awaitChanges(self->client_);
  self->client_->close();
  self->memory_.SuppressDestruct();
  // The object lives until Node finalizes the functions: other clean-up code may still call them.
  self->client_ = nullptr;
}

// interrupt(slot, graceMs)
Napi::Value Environment::interrupt(const Napi::CallbackInfo& info) {
  Op* op = client_ != nullptr ? client_->at(info[0].As<Napi::Number>().Int32Value()) : nullptr;
  if (op != nullptr) {
    const auto grace = static_cast<int64_t>(info[1].As<Napi::Number>().DoubleValue() * kMillisecond);
    client_->interrupt(op, grace);
  }
  return info.Env().Undefined();
}

// keepAlive(on): sets whether the ops in flight keep the event loop alive.
Napi::Value Environment::keepAlive(const Napi::CallbackInfo& info) {
  if (client_ != nullptr) {
    if (info[0].As<Napi::Boolean>().Value())
      napi_ref_threadsafe_function(env_, wakeUp_);
    else
      napi_unref_threadsafe_function(env_, wakeUp_);
  }
  return info.Env().Undefined();
}

// closeNow(fd): closes on this thread, however long that takes. Returns 0 or -errno.
Napi::Value Environment::closeNow(const Napi::CallbackInfo& info) {
  const auto fd = sys::Descriptor(info[0].As<Napi::Number>().Int32Value());
  descriptors_.forget(fd);
  Lanes::instance().closed(fd);
  return Napi::Number::New(env_, static_cast<double>(sys::closeNow(fd)));
}

// forget(fd): another owner closes the descriptor.
Napi::Value Environment::forget(const Napi::CallbackInfo& info) {
  const auto fd = sys::Descriptor(info[0].As<Napi::Number>().Int32Value());
  descriptors_.forget(fd);
  Lanes::instance().closed(fd);
  return info.Env().Undefined();
}

// hasOpened(fd): returns whether an op of this environment has opened it and none has closed it since.
Napi::Value Environment::hasOpened(const Napi::CallbackInfo& info) {
  const double fd = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
  return Napi::Boolean::New(env_, descriptors_.has(fd));
}

// opsOut(): returns the number of ops that are not over, or whose completion JavaScript has not read yet.
Napi::Value Environment::opsOut(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), client_ == nullptr ? 0 : static_cast<double>(client_->out()));
}

void Environment::wake(void* self) {
  napi_call_threadsafe_function(static_cast<Environment*>(self)->wakeUp_, nullptr, napi_tsfn_nonblocking);
}

}  // namespace pendingop
