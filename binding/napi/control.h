// The control socket, functions' numbers and statistics, for JavaScript.
#pragma once

#include <napi.h>

namespace pendingop::control {

void addTo(Napi::Object exports);

}  // namespace pendingop::control
