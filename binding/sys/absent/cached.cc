// Other systems do not tell what can be read without waiting.
#include "sys/cached.h"

#include "base/errors.h"

namespace pendingop::sys {

bool hasCachedCalls() { return false; }
long findCached(const Place&, bool) { return -EAGAIN; }
long findWithoutLinks(const char*, bool) { return -EAGAIN; }
int mountOfCached(Descriptor) { return -EAGAIN; }
int statusOfCached(Descriptor, CachedStatus*) { return -EAGAIN; }
long openCached(const char*, int) { return -EAGAIN; }
int flagsOf(Descriptor) { return -EAGAIN; }
bool readsPageCache(int) { return false; }
bool isInPageCache(Descriptor, uint64_t) { return false; }
long readCached(Descriptor, void*, size_t, int64_t, bool) { return -EAGAIN; }
long readLinkCached(Descriptor, char*, size_t) { return -EAGAIN; }
long accessCached(Descriptor, int) { return -EAGAIN; }
long accessCached(const char*, int) { return -EAGAIN; }
long pathOfCached(Descriptor, char*, size_t) { return -EAGAIN; }
long addWatchCached(Descriptor, Descriptor) { return -EAGAIN; }
long closeCached(Descriptor) { return 0; }
uint32_t effectiveUser() { return 0; }
bool isRoot() { return false; }
int64_t sleepsOfThread() { return 0; }

}  // namespace pendingop::sys
