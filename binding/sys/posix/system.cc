// Random bytes, and watches, which only Linux has.
#include <unistd.h>

#include "sys/posix/call.h"

#if __has_include(<sys/random.h>)
#include <sys/random.h>
#endif

#include "sys/sys.h"

namespace pendingop::sys {

// A watch whose events could not be reported (sys/watching.h) is not added.
long addWatch(Calling&, Descriptor, const char*) { return -ENOSYS; }
long removeWatch(Calling&, Descriptor, int) { return -ENOSYS; }

long random(void* buffer, size_t size) { return getentropy(buffer, size) == 0 ? 0 : -errno; }

}  // namespace pendingop::sys
