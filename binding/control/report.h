// Writes a report of all ops in flight to standard error whenever a signal comes. A thread of its own writes
// it, so it also works while the event loop is blocked.
#pragma once

namespace pendingop::control {

// Returns 0; -EBUSY if other code handles the signal; -EALREADY if another signal was chosen before; or
// -errno.
int reportOn(int signal);

}  // namespace pendingop::control
