#include "sys/credentials.h"

namespace pendingop::sys {

uint64_t credentials() { return 0; }

}  // namespace pendingop::sys
