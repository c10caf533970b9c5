// From which directory an op's path is walked, where that is one which its caller holds open.
#pragma once

#include <cstdint>
#include <cstring>

#include "sys/place.h"

namespace pendingop {

struct Base {
  sys::Descriptor directory = sys::kNoDescriptor;
  uint16_t names = 0;  // at the path's end, that are walked from there; 0: all of the path, from no directory
  bool follows = true;  // see sys::Place
};

// Where the last `count` names of a path begin.
inline const char* lastNames(const char* path, int count) {
  const char* at = path + strlen(path);
  while (at > path && (at[-1] != '/' || --count > 0)) at--;
  return at;
}

// Of as many names as the base says; but for sys::open(), calls take one.
inline sys::Place placeOf(const char* path, const Base& base) {
  if (base.names == 0) return {path, path, sys::kNoDescriptor, base.follows};
  return {path, lastNames(path, base.names), base.directory, base.follows};
}

}  // namespace pendingop
