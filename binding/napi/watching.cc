// An environment's queue of file system events.
#include "sys/watching.h"

#include "base/errors.h"
#include "napi/environment.h"
#include "napi/from_threads.h"
#include "napi/views.h"

namespace pendingop {

// openWatches(listener): returns the descriptor of the queue, or -errno. `listener` is called when there is
// something to read; after that it is called again only once everything was read.
Napi::Value Environment::openWatches(const Napi::CallbackInfo& info) {
  if (client_ == nullptr) return Napi::Number::New(env_, -ECANCELED);
  if (watchesTold_ == nullptr) watchesTold_ = fromThreads(env_, info[0], "pendingop watches");
  if (watchesTold_ == nullptr) return env_.Undefined();
  const long queue = sys::openWatchQueue(
      [](void* told) {
        napi_call_threadsafe_function(static_cast<napi_threadsafe_function>(told), nullptr,
                                      napi_tsfn_nonblocking);
      },
      watchesTold_);
  if (queue >= 0) watches_ = sys::Descriptor(queue);
  return Napi::Number::New(env_, static_cast<double>(queue));
}

// readWatches(buffer): returns the bytes of whole events. 0: there are none, and the next one calls the
// listener.
Napi::Value Environment::readWatches(const Napi::CallbackInfo& info) {
  if (client_ == nullptr || watches_ < 0) return Napi::Number::New(env_, 0);
  const View buffer = viewOf(env_, info[0]);
  const long got = sys::readWatchQueue(watches_, buffer.data, buffer.size);
  if (got > 0) return Napi::Number::New(env_, static_cast<double>(got));
  sys::armWatchQueue(watches_);
  return Napi::Number::New(env_, 0);
}

// holdForWatches(on): sets whether the queue keeps the event loop alive.
Napi::Value Environment::holdForWatches(const Napi::CallbackInfo& info) {
  if (client_ != nullptr && watchesTold_ != nullptr) {
    if (info[0].As<Napi::Boolean>().Value())
      napi_ref_threadsafe_function(env_, watchesTold_);
    else
      napi_unref_threadsafe_function(env_, watchesTold_);
  }
  return env_.Undefined();
}

}  // namespace pendingop
