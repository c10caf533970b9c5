// JavaScript functions that other threads call.
#pragma once

#include <napi.h>

namespace pendingop {

// Returns `function` for other threads to call; it does not keep the event loop alive. Returns null if an
// error was thrown. `call` calls it with arguments; null: it is called without any.
inline napi_threadsafe_function fromThreads(Napi::Env env, Napi::Value function, const char* name,
                                            napi_threadsafe_function_call_js call = nullptr) {
  napi_threadsafe_function made = nullptr;
  if (napi_create_threadsafe_function(env, function, nullptr, Napi::String::New(env, name), 0, 1, nullptr,
                                      nullptr, nullptr, call, &made) == napi_ok &&
      napi_unref_threadsafe_function(env, made) == napi_ok)
    return made;
  if (!env.IsExceptionPending())
    Napi::Error::New(env, "This thread has no means by which others could call its functions")
        .ThrowAsJavaScriptException();
  return nullptr;
}

}  // namespace pendingop
