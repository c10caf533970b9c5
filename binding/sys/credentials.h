// What the calling thread may do, to the kernel.
#pragma once

#include <cstdint>

namespace pendingop::sys {

struct Credentials {
  // Another number as soon as a user or group id is, a supplementary group, the flags that go with them, or
  // whether system calls are filtered.
  uint64_t ids = 0;
  // Capabilities, a bit each.
  uint64_t effective = 0;
  uint64_t permitted = 0;
};

// All 0 where credentials belong to the process as a whole.
Credentials credentials();

// Leaves the calling thread those capabilities, as far as it has them. False: not so.
bool limitCapabilities(uint64_t effective, uint64_t permitted);

}  // namespace pendingop::sys
