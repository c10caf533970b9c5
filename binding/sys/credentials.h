// Who the calling thread is to the kernel.
#pragma once

#include <cstdint>

namespace pendingop::sys {

// A number that is another one as soon as a user or group id, or a supplementary group, is. 0 where
// credentials belong to the process as a whole.
uint64_t credentials();

}  // namespace pendingop::sys
