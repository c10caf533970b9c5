// What ops do on a worker. Each gives the op's result, >= 0 or -errno, and says in op.failed which step
// failed when it is not the op as a whole. No libc that allocates, locks or keeps state per thread: a worker
// may be a task without.
#pragma once

#include "core/op.h"

namespace pendingop::ops {

// file.cc
int64_t open(Op& op);
int64_t close(Op& op);
int64_t read(Op& op);
int64_t truncate(Op& op);
// In the file; -1: the descriptor's own. Numbers from 2^63 on are no positions: the kernel refuses the
// largest there is.
int64_t position(const Op& op);

// write.cc
int64_t write(Op& op);
int64_t writev(Op& op);
// All of op.data or op.spans, `most` bytes a call, as far as the kernel takes it: 0 or -errno, and how much
// was written.
int64_t writeData(Op& op, int fd, int64_t position, size_t most, size_t* written);

// whole.cc
int64_t readFile(Op& op);
int64_t writeFile(Op& op);

// status.cc
int64_t stat(Op& op);
int64_t lstat(Op& op);
int64_t fstat(Op& op);
int64_t statfs(Op& op);
int64_t utimes(Op& op);
int64_t lutimes(Op& op);
int64_t futimes(Op& op);

// directory.cc
int64_t readdir(Op& op);
int64_t opendir(Op& op);
// By its i0: what an opendir opens a directory for. To be read; to be read, and its list is the output, as
// readdir with types gives it; only as the directory of a sys::Place.
constexpr int32_t kOpensToRead = 0, kOpensListed = 1, kOpensForPlaces = 2;
int64_t dirread(Op& op);

// make.cc
int64_t mkdirp(Op& op);
int64_t mkdtemp(Op& op);

// link.cc
int64_t readlink(Op& op);
int64_t realpath(Op& op);

// copy.cc
int64_t copyFile(Op& op);

// lock.cc
int64_t lock(Op& op);
// By its i1: whether it waits while others hold the lock.
bool lockWaits(int how);

// watching.cc
int64_t watch(Op& op);
int64_t unwatch(Op& op);

// process.cc
int64_t start(Op& op);

// custom.cc
int64_t custom(Op& op);

// The end of a composite that holds a descriptor: closes it. The close may wait for ever on a stalled mount,
// so a caller who interrupted is told first. Returns `result`, or the close's error when all else went well.
int64_t closeAfter(Op& op, int fd, int64_t result);
// `result`, with the failed step noted.
int64_t failedAt(Op& op, Step step, int64_t result);

}  // namespace pendingop::ops
