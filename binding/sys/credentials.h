// The credentials of the calling thread, as the kernel has them.
#pragma once

#include <cstdint>

namespace pendingop::sys {

struct Credentials {
  // A number that differs as soon as a user or group id differs, a supplementary group, the flags that go
  // with them, or the filter of system calls.
  uint64_t ids = 0;
  // Capabilities, one bit each.
  uint64_t effective = 0;
  uint64_t permitted = 0;
};

// All 0 if credentials belong to the process as a whole.
Credentials credentials();

// Limits the calling thread to those of these capabilities that it has. Returns false if that fails.
bool limitCapabilities(uint64_t effective, uint64_t permitted);

}  // namespace pendingop::sys
