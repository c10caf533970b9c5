// Memory of JavaScript's as native code sees it. A view is valid until JavaScript runs again.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>

namespace pendingop {

struct View {
  uint8_t* data = nullptr;
  size_t size = 0;
};

// Returns the view of a typed array or a DataView; of anything else, an empty one.
inline View viewOf(napi_env env, napi_value value) {
  View view;
  bool is = false;
  if (napi_is_dataview(env, value, &is) == napi_ok && is) {
    void* data;
    napi_get_dataview_info(env, value, &view.size, &data, nullptr, nullptr);
    view.data = static_cast<uint8_t*>(data);
    return view;
  }
  if (napi_is_typedarray(env, value, &is) != napi_ok || !is) return view;
  // Stays so for a type that Node-API does not know yet: Float16Array.
  auto type = static_cast<napi_typedarray_type>(11);
  size_t length;
  void* data;
  napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr);
  static constexpr size_t kSizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, 2};
  view.data = static_cast<uint8_t*>(data);
  view.size = length * kSizes[type];
  return view;
}

inline View arrayBufferOf(const Napi::Object& from, const char* name) {
  auto buffer = from.Get(name).As<Napi::ArrayBuffer>();
  return {static_cast<uint8_t*>(buffer.Data()), buffer.ByteLength()};
}

}  // namespace pendingop
