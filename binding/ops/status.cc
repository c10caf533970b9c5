// The status of files and file systems.
#include "ops/ops.h"
#include "ops/place.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

int64_t withNumbers(Op& op, int64_t r) {
  op.hasNumbers = r == 0;
  return r;
}

int64_t statusAt(Op& op, bool followLinks) {
  return withNumbers(op, inPlace(op, [&op, followLinks](const sys::Place& place) {
                       return sys::stat(op, place, followLinks, op.numbers);
                     }));
}

}  // namespace

int64_t stat(Op& op) { return statusAt(op, true); }
int64_t lstat(Op& op) { return statusAt(op, false); }
int64_t fstat(Op& op) { return withNumbers(op, sys::fstat(op, op.fd, op.numbers)); }
int64_t statfs(Op& op) { return withNumbers(op, sys::statfs(op, op.path, op.numbers)); }

}  // namespace pendingop::ops
