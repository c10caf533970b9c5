// The table of mounts and the health of remote file systems, for JavaScript.
#pragma once

#include <napi.h>

namespace pendingop::mounts {

Napi::Value refresh(const Napi::CallbackInfo& info);
Napi::Value list(const Napi::CallbackInfo& info);
Napi::Value of(const Napi::CallbackInfo& info);
Napi::Value health(const Napi::CallbackInfo& info);
Napi::Value watch(const Napi::CallbackInfo& info);

}  // namespace pendingop::mounts
