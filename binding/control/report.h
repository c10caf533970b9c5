// A report of all ops in flight on standard error, whenever a signal comes: written by a thread of its own,
// so also while the event loop is blocked.
#pragma once

namespace pendingop::control {

// 0; -EBUSY where somebody else handles the signal; -EALREADY where another signal was chosen before; or
// -errno.
int reportOn(int signal);

}  // namespace pendingop::control
