// readFile and writeFile: a whole file in one op.

#include <algorithm>

#include "base/errors.h"
#include "core/pool.h"
#include "ops/ops.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

// The bytes that one read or write asks for at most, so that an interrupt is noticed between two of them; and
// the first buffer for a file that does not tell its size.
constexpr size_t kChunk = 4 * 1024 * 1024;
constexpr size_t kUnknownSize = 64 * 1024;
// On a remote file system: what one FUSE request holds. A larger read returns only after many requests, so a
// slow server would look like a stalled one.
constexpr size_t kRemoteChunk = 128 * 1024;

// lib/engine/operands.ts has the same.
constexpr int32_t kFlushes = 1;
constexpr int32_t kWritesNothing = 2;

size_t chunkOf(const Op& op) { return op.pool->isMain() ? kChunk : kRemoteChunk; }

int64_t tooLarge(Op& op, size_t size) {
  op.hasNumbers = true;
  op.numbers[0] = static_cast<int64_t>(size);
  return failedAt(op, Step::tooLarge, -EFBIG);
}

// Reads from the descriptor's position: a regular file up to the size that it had at the beginning, as Node
// does; anything else to its end.
int64_t readAll(Op& op, sys::Descriptor fd) {
  int64_t* const fields = op.numbers;  // runWatched() reads them there
  long r = sys::fstat(op, fd, fields);
  if (r < 0) return failedAt(op, Step::fstat, r);
  const size_t size = sys::isRegular(fields[kStatMode]) ? static_cast<size_t>(fields[kStatSize]) : 0;
  if (static_cast<double>(size) > op.d0) return tooLarge(op, size);
  size_t& got = op.output.size;
  for (;;) {
    if (size > 0 && got >= size) break;
    const size_t room =
        size > 0 ? size : std::max(got + kUnknownSize, got < kUnknownSize ? kUnknownSize : 2 * got);
    if (op.output.capacity() <= got && !op.output.grow(room)) return failedAt(op, Step::read, -ENOMEM);
    if (size > 0 && !op.output.grow(size)) return failedAt(op, Step::read, -ENOMEM);
    const size_t wanted = std::min((size > 0 ? size : op.output.capacity()) - got, chunkOf(op));
    r = sys::read(op, fd, op.output.data() + got, wanted);
    if (r < 0) return failedAt(op, Step::read, r);
    if (r == 0) break;
    got += static_cast<size_t>(r);
    // A file that tells no size may have no end, like /dev/zero.
    if (static_cast<double>(got) > op.d0) return tooLarge(op, got);
    op.bytesDone.store(static_cast<int64_t>(got), std::memory_order_relaxed);
  }
  return static_cast<int64_t>(got);
}

int64_t writeAll(Op& op, sys::Descriptor fd) {
  size_t written = 0;
  if (op.dataSize > 0 || (op.i2 & kWritesNothing) != 0) {
    int64_t r = writeData(op, fd, -1, chunkOf(op), &written);
    if (r == 0 && written < op.dataSize) r = -EIO;  // the kernel took nothing and reported no error
    if (r < 0) return failedAt(op, Step::write, r);
  }
  if ((op.i2 & kFlushes) != 0) {
    const long r = sys::fsync(op, fd);
    if (r < 0) return failedAt(op, Step::fsync, r);
  }
  return static_cast<int64_t>(written);
}

int64_t withFile(Op& op, int64_t (*body)(Op&, sys::Descriptor)) {
  if (op.fd >= 0) return body(op, op.fd);
  const long opened = sys::open(op, op.path, op.i0, static_cast<unsigned>(op.i1));
  if (opened < 0) return failedAt(op, Step::open, opened);
  const auto fd = sys::Descriptor(opened);
  return closeAfter(op, fd, body(op, fd));
}

}  // namespace

int64_t readFile(Op& op) {
  const int64_t r = withFile(op, readAll);
  if (r < 0) op.output.size = 0;
  return r;
}

int64_t writeFile(Op& op) { return withFile(op, writeAll); }

}  // namespace pendingop::ops
