// The function table of include/pendingop.h, by which other addons run their functions as ops.
//
// The way of a function: run() wraps it in a Custom behind an external value, lib/custom/native-api.ts makes
// a call of that, and submit() takes it out again. A call that never gets that far drops it, or, at the
// latest, the garbage collector does. All of this belongs to the environment's thread, except the functions
// of the table that workers call.
#pragma once

#include <napi.h>

#include <cstdint>

#include "core/custom.h"

namespace pendingop::extension {

// nativeApi(start): returns the object that pendingop_get() takes.
// `start(external, fn, kind, params, path, options)` returns the promise.
Napi::Value makeTable(const Napi::CallbackInfo& info);
// drop(external): its call is over. If nobody has taken the Custom out of it, destroys that.
Napi::Value drop(const Napi::CallbackInfo& info);

// Returns null if the Custom was taken before.
Custom* take(napi_env env, napi_value external);
// Returns the value that the function's own addon makes of its result, and ends the Custom. May throw.
Napi::Value complete(Napi::Env env, Custom* custom, int64_t result);

}  // namespace pendingop::extension
