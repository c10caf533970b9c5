// The function table of include/pendingop.h, through which other addons run functions of theirs as ops.
//
// A function's way: run() wraps it in a Custom behind an external value, lib/custom/native-api.ts makes a
// call of that, submit() takes it out again. A call that never gets so far drops it; so does the collector,
// at the latest. Everything here is the environment's thread's, but for what the table has for workers.
#pragma once

#include <napi.h>

#include <cstdint>

#include "core/custom.h"

namespace pendingop::extension {

// nativeApi(start): the object that pendingop_get() takes. `start(external, fn, kind, params, path, options)`
// gives the promise.
Napi::Value makeTable(const Napi::CallbackInfo& info);
// drop(external): its call is over; whatever nobody has taken out of it is destroyed.
Napi::Value drop(const Napi::CallbackInfo& info);

// Null: it is not there any more.
Custom* take(napi_env env, napi_value external);
// The value that the function's own addon makes of its result, and the end of the Custom. May throw.
Napi::Value complete(Napi::Env env, Custom* custom, int64_t result);

}  // namespace pendingop::extension
