// An environment's queue of file system events.
#include "sys/watching.h"

#include <errno.h>

#include "napi/environment.h"
#include "napi/from_threads.h"
#include "napi/views.h"

namespace pendingop {

// openWatches(listener): the queue's descriptor, or -errno. `listener` is called when there is something to
// read, and then not before all was read.
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
  if (queue >= 0) watches_ = static_cast<int>(queue);
  return Napi::Number::New(env_, static_cast<double>(queue));
}

// readWatches(buffer): bytes of whole events. 0: there are none, and the listener hears of the next one.
Napi::Value Environment::readWatches(const Napi::CallbackInfo& info) {
  if (client_ == nullptr || watches_ < 0) return Napi::Number::New(env_, 0);
  const View buffer = viewOf(env_, info[0]);
  const long got = sys::readWatchQueue(watches_, buffer.data, buffer.size);
  if (got > 0) return Napi::Number::New(env_, static_cast<double>(got));
  sys::armWatchQueue(watches_);
  return Napi::Number::New(env_, 0);
}

// holdForWatches(on): whether the event loop waits for the queue.
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
