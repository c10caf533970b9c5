#pragma once

#include <napi.h>

namespace pendingop::processes {

void addTo(Napi::Object exports);

}  // namespace pendingop::processes
