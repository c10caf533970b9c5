// An open file or queue of this process, as the system names it. Node's functions name files by number on
// every system, so an op's descriptor is made of JavaScript's number; what makes other ones is in sys/.
//
// A number becomes a descriptor only where the code says so: Descriptor(number).
#pragma once

#include <cstdint>

namespace pendingop::sys {

enum Descriptor : int32_t { kNoDescriptor = -1 };

}  // namespace pendingop::sys
