// Other systems do not tell what can be read without waiting.
#include "sys/cached.h"

#include "base/errors.h"

namespace pendingop::sys {

bool hasCachedCalls() { return false; }
int findCached(const Place&, bool) { return -EAGAIN; }
int findWithoutLinks(const char*, bool) { return -EAGAIN; }
int mountOfCached(int) { return -EAGAIN; }
int statusOfCached(int, CachedStatus*) { return -EAGAIN; }
int openCached(const char*, int) { return -EAGAIN; }
int flagsOf(int) { return -EAGAIN; }
bool readsPageCache(int) { return false; }
bool isInPageCache(int, uint64_t) { return false; }
long readCached(int, void*, size_t, int64_t, bool) { return -EAGAIN; }
long readLinkCached(int, char*, size_t) { return -EAGAIN; }
long accessCached(int, int) { return -EAGAIN; }
long accessCached(const char*, int) { return -EAGAIN; }
long pathOfCached(int, char*, size_t) { return -EAGAIN; }
long addWatchCached(int, int) { return -EAGAIN; }
long closeCached(int) { return 0; }
uint32_t effectiveUser() { return 0; }
bool isRoot() { return false; }
int64_t sleepsOfThread() { return 0; }

}  // namespace pendingop::sys
