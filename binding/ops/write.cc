// Writing, as libuv does, until all is written, from memory of the op's own. Small data was copied there when
// the op was submitted. Large data is copied by the worker from the caller's memory piece by piece: so the
// event loop does not wait for that, and the memory is not needed twice. If the kernel does not release a
// write, it holds a piece of the op's memory, which nobody changes. A file that lives in memory is written
// straight from the caller's memory: the kernel releases such a write.

#include <algorithm>
#include <cstring>

#include "base/errors.h"
#include "ops/aligned.h"
#include "ops/ops.h"
#include "ops/pinned.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

// The bytes that one write asks for at most. An interrupt is noticed between two writes. Pieces from 256 KiB
// to 16 MiB take the same time.
constexpr size_t kPiece = 1024 * 1024;

class Pieces {
 public:
  Pieces(Op& op, sys::Descriptor fd, size_t most)
      : op_(op), fd_(fd), most_(std::min(most, kPiece)), span_(op.spans), direct_(isDirect(op, fd)) {}

  // Makes the piece that begins at `done`. Returns its size, or -errno.
  int64_t next(size_t done) {
    const size_t size = std::min(op_.dataSize - done, most_);
    if (op_.spans == nullptr) {
      piece_ = op_.data + done;
      return static_cast<int64_t>(size);
    }
    if (direct_) {
      piece_ = span_->data + done;
      return static_cast<int64_t>(size);
    }
    if (!op_.scratch.grow(size)) return -ENOMEM;
    piece_ = op_.scratch.data();
    const Pinned pinned(op_);
    if (op_.wantsStop()) return -EINTR;
    copy(op_.scratch.data(), size);
    return static_cast<int64_t>(size);
  }

  // Writes the part of the piece from `from` on.
  long write(size_t from, size_t size, int64_t position) {
    if (direct_) {
      const Pinned pinned(op_);
      return op_.wantsStop() ? -EINTR : sys::write(op_, fd_, piece_ + from, size, position);
    }
    const long r = sys::write(op_, fd_, piece_ + from, size, position);
    if (!mayBeUnaligned(r, size) || piece_ == op_.scratch.data()) return r;
    if (!op_.scratch.moveToPages(size)) return r;
    memcpy(op_.scratch.data(), piece_ + from, size);
    return sys::write(op_, fd_, op_.scratch.data(), size, position);
  }

 private:
  // The data is in one place: many places would be as many writes.
  static bool isDirect(const Op& op, sys::Descriptor fd) {
    return op.spans != nullptr && op.spans->size == op.dataSize && sys::livesInMemory(fd);
  }

  void copy(uint8_t* to, size_t size) {
    while (size > 0) {
      const size_t part = std::min(size, span_->size - at_);
      if (part > 0) memcpy(to, span_->data + at_, part);
      to += part;
      size -= part;
      at_ += part;
      if (at_ < span_->size) continue;
      span_++;
      at_ = 0;
    }
  }

  Op& op_;
  const sys::Descriptor fd_;
  const size_t most_;
  const uint8_t* piece_ = nullptr;
  const Span* span_;  // where the next piece begins
  size_t at_ = 0;
  const bool direct_;
};

}  // namespace

int64_t writeData(Op& op, sys::Descriptor fd, int64_t position, size_t most, size_t* written) {
  Pieces pieces(op, fd, most);
  do {
    const int64_t size = pieces.next(*written);
    if (size < 0) return size;
    size_t done = 0;
    do {
      const long r = pieces.write(done, static_cast<size_t>(size) - done, position);
      if (r <= 0) return r;
      done += static_cast<size_t>(r);
      *written += static_cast<size_t>(r);
      if (position >= 0) position += r;
      op.bytesDone.store(static_cast<int64_t>(*written), std::memory_order_relaxed);
    } while (done < static_cast<size_t>(size));
  } while (*written < op.dataSize);
  return 0;
}

// If some bytes were written before an error, the next write reports the error.
int64_t write(Op& op) {
  size_t written = 0;
  const int64_t r = writeData(op, op.fd, position(op), kPiece, &written);
  return r < 0 && (r == -EINTR || written == 0) ? r : static_cast<int64_t>(written);
}

int64_t writev(Op& op) { return op.i0 == 0 ? -EINVAL : write(op); }

}  // namespace pendingop::ops
