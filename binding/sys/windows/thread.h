// Of threads of ours.
#pragma once

namespace pendingop::sys {

// Of one that ends.
void forgetThisThread();
// Sleeps, at most for so long, or until the op that the calling thread is in is to stop. It may also return
// without a reason.
void pauseUntilStop(int ms);

}  // namespace pendingop::sys
