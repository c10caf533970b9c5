// What ops do on a worker. Each function returns the op's result, >= 0 or -errno. If a step fails, op.failed
// names it. The functions use no libc that allocates, locks or keeps state per thread, since the worker may
// be a task.
#pragma once

#include "core/op.h"

namespace pendingop::ops {

// file.cc
int64_t open(Op& op);
int64_t close(Op& op);
int64_t read(Op& op);
int64_t truncate(Op& op);
// Returns the position in the file; -1: the descriptor's own position. Numbers from 2^63 on are no positions:
// for them it returns the largest there is, which the kernel refuses.
int64_t position(const Op& op);

// write.cc
int64_t write(Op& op);
int64_t writev(Op& op);
// Writes all of op.data or op.spans, at most `most` bytes a call. Returns 0 or -errno. `written`: the bytes
// that the kernel took.
int64_t writeData(Op& op, sys::Descriptor fd, int64_t position, size_t most, size_t* written);

// whole.cc
int64_t readFile(Op& op);
int64_t writeFile(Op& op);

// status.cc
int64_t stat(Op& op);
int64_t lstat(Op& op);
int64_t fstat(Op& op);
int64_t statfs(Op& op);

// What follows up to the locks is in a folder for each kind of system, unix or windows.

// times.cc
int64_t utimes(Op& op);
int64_t lutimes(Op& op);
int64_t futimes(Op& op);

// directory.cc
int64_t readdir(Op& op);
int64_t opendir(Op& op);
// The values of opendir's i0: to read the directory; to read it, with its list as the output, as readdir with
// types makes it; only to be the directory of a sys::Place.
constexpr int32_t kOpensToRead = 0, kOpensListed = 1, kOpensForPlaces = 2;
int64_t dirread(Op& op);

// scan.cc
int64_t scan(Op& op);
// Bits of its i0: whether the numbers of the entries are wanted, and whether they are those of what links
// lead to.
constexpr int32_t kScansNumbers = 1, kScansFollow = 2;

// make.cc
int64_t mkdirp(Op& op);
int64_t mkdtemp(Op& op);

// link.cc
int64_t symlink(Op& op);
int64_t readlink(Op& op);
int64_t realpath(Op& op);

// copy.cc
int64_t copyFile(Op& op);

// lock.cc
int64_t lock(Op& op);
// Returns whether the lock with this i1 waits while others hold it.
bool lockWaits(int how);

// watching.cc
int64_t watch(Op& op);
int64_t unwatch(Op& op);

// process.cc
int64_t start(Op& op);

// custom.cc
int64_t custom(Op& op);

// Ends an op that holds a descriptor: closes it. On a stalled mount the close may wait for ever, so a caller
// who interrupted is told first. Returns `result`; the close's error if everything else succeeded.
int64_t closeAfter(Op& op, sys::Descriptor fd, int64_t result);
// Notes the failed step and returns `result`.
int64_t failedAt(Op& op, Step step, int64_t result);

}  // namespace pendingop::ops
