#pragma once

#include <napi.h>

namespace pendingop::processes {

void addTo(Napi::Env env, Napi::Object exports);

}  // namespace pendingop::processes
