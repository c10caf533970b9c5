// Descriptors: open, close, read, truncate.

#include <algorithm>

#include "base/errors.h"
#include "ops/aligned.h"
#include "ops/ops.h"
#include "ops/pinned.h"
#include "sys/sys.h"

namespace pendingop::ops {

int64_t open(Op& op) { return sys::open(op, op.path, op.i0, static_cast<unsigned>(op.i1)); }

int64_t close(Op& op) { return sys::close(op, op.fd); }

int64_t position(const Op& op) {
  if (op.d0 < 0) return sys::kRefusesPositions ? static_cast<int64_t>(op.d0) : -1;
  return op.d0 < 0x1p63 ? static_cast<int64_t>(op.d0) + static_cast<int64_t>(op.d1) : INT64_MAX;
}

namespace {

bool isRegular(Op& op, sys::Descriptor fd) {
  int64_t fields[kStatFields];
  return sys::fstat(op, fd, fields) == 0 && sys::isRegular(fields[kStatMode]);
}

// Reads bytes that are in the page cache straight into the caller's buffer. Such a read waits for nothing, so
// it cannot be abandoned halfway, and the buffer never changes later.
int64_t readDirect(Op& op, int64_t at) {
  const Pinned pinned(op);
  return op.wantsStop() ? -EINTR : sys::preadCached(op, op.fd, op.direct, op.wanted, at);
}

}  // namespace

int64_t read(Op& op) {
  if (op.code == Code::readv && op.i0 == 0) return -EINVAL;  // as the kernel does without buffers
  int64_t at = position(op);
  size_t got = 0;
  if (op.direct != nullptr) {
    const int64_t r = readDirect(op, at);
    if (r > 0) {
      got = static_cast<size_t>(r);
      op.bytesDone.store(r, std::memory_order_relaxed);
      // A read of a regular file is short at its end, or where the rest has to be waited for. An ordinary
      // read tells which. It is also needed after 0: Linux 5.9 and 5.10 return 0 in the middle of a file,
      // too.
      if (got == op.wanted || !isRegular(op, op.fd)) return r;
      if (at >= 0) at += r;
    } else if (r < 0 && r != -EAGAIN) {
      return r;
    }
  }
  // Reads as much as the kernel gives at once.
  const size_t rest = std::min<size_t>(op.wanted - got, 0x7ffff000);
  if (!op.output.grow(rest)) return got > 0 ? static_cast<int64_t>(got) : -ENOMEM;
  const long r = aligning(op.output, rest, [&](uint8_t* to) {
    return at == -1 ? sys::read(op, op.fd, to, rest) : sys::pread(op, op.fd, to, rest, at);
  });
  if (r < 0) return got > 0 && r != -EINTR ? static_cast<int64_t>(got) : r;
  op.output.size = static_cast<size_t>(r);
  return static_cast<int64_t>(got) + r;
}

int64_t truncate(Op& op) {
  const long fd = sys::open(op, op.path, sys::kForReadingAndWriting, 0);
  if (fd < 0) return failedAt(op, Step::open, fd);
  const long r = sys::ftruncate(op, sys::Descriptor(fd), static_cast<int64_t>(op.d0));
  return closeAfter(op, sys::Descriptor(fd), failedAt(op, Step::ftruncate, r));
}

}  // namespace pendingop::ops
