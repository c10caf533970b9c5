// Ops that this environment's event loop carries out, told to control/loop_ops.h.
#pragma once

#include <napi.h>

namespace pendingop::control::loop_ops {

void addTo(Napi::Env env, Napi::Object exports);

}  // namespace pendingop::control::loop_ops
