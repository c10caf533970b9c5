// Of a thread of ours that ends.
#pragma once

namespace pendingop::sys {

void forgetThisThread();

}  // namespace pendingop::sys
