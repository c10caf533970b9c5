// The functions of the addon's exports.
#pragma once

#include <napi.h>

namespace pendingop {

// Adds a function, and gives it the name.
template <typename Function>
void addFunction(Napi::Object exports, const char* name, Function function) {
  exports.Set(name, Napi::Function::New(exports.Env(), function, name));
}

}  // namespace pendingop
