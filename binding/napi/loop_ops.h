// Reports the ops that this environment's event loop carries out to control/loop_ops.h.
#pragma once

#include <napi.h>

namespace pendingop::control::loop_ops {

void addTo(Napi::Object exports);

}  // namespace pendingop::control::loop_ops
