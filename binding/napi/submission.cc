// Makes ops of the submission records.
#include <cstring>
#include <string_view>

#include "base/clock.h"
#include "base/errors.h"
#include "napi/environment.h"
#include "napi/extension.h"
#include "napi/views.h"
#include "ops/ops.h"
#include "sys/files.h"

namespace pendingop {

// submit(count, buffers | undefined): submits the first `count` records.
Napi::Value Environment::submit(const Napi::CallbackInfo& info) {
  if (client_ == nullptr) return info.Env().Undefined();
  const auto count = info[0].As<Napi::Number>().Uint32Value();
  const int64_t now = nowNs();
  inline_.beginSubmission(count);
  for (uint32_t i = 0; i < count; i++) submitOne(submissions_[i], info[1], now);
  client_->flush();
  return info.Env().Undefined();
}

namespace {

// JavaScript holds the directories open until the op is over.
void fillBases(Op& op, const Submission& s) {
  op.base = op.destBase = Base{};
  if ((s.flags & kBelow) == 0) return;
  const auto names = static_cast<uint32_t>(s.buffer);
  const bool follows = (s.flags & kNoFollow) == 0;
  op.fd = sys::kNoDescriptor;
  op.base = {sys::Descriptor(s.fd), static_cast<uint16_t>(names & 0xffff), follows};
  op.destBase = {sys::Descriptor(static_cast<int32_t>(s.d2)), static_cast<uint16_t>(names >> 16), follows};
}

}  // namespace

void Environment::submitOne(const Submission& s, const Napi::Value& buffers, int64_t now) {
  const auto code = static_cast<Code>(s.code);
  const auto* text = reinterpret_cast<const char*>(submissionBytes_ + s.bytesAt);
  const std::string_view path(text, s.pathLength > 0 ? static_cast<size_t>(s.pathLength) : 0);
  const char* destAt = s.pathLength >= 0 ? text + s.pathLength + 1 : text;
  const std::string_view dest(destAt, s.destLength > 0 ? static_cast<size_t>(s.destLength) : 0);
  const Route route =
      router_.of(code, path, dest, (s.flags & kBelow) != 0 ? sys::kNoDescriptor : sys::Descriptor(s.fd),
                 code == Code::lock && ops::lockWaits(s.i1));
  Op* op = client_->allocate(s.slot, *route.pool);
  if (op == nullptr) Napi::Error::Fatal("pendingop", "out of memory");
  op->code = code;
  op->mayChange = (s.flags & kMayChange) != 0;
  op->function = s.function != 0 ? s.function : s.code;
  op->fd = sys::Descriptor(s.fd);
  fillBases(*op, s);
  descriptors_.submitted(*op);
  op->i0 = s.i0;
  op->i1 = s.i1;
  op->d0 = s.d0;
  op->d1 = s.d1;
  op->queuedNs = now;
  if (route.isStalled) return client_->fail(op, kStalled);
  // Nobody else has the descriptor any more, so it is closed even if the thread is being terminated.
  if (code == Code::close) return run(op);
  if (op->code == Code::read || op->code == Code::readv) op->wanted = static_cast<size_t>(s.d2);
  if (op->code == Code::writeFile) op->i2 = static_cast<int32_t>(s.d2);
  if (op->code == Code::custom) {
    Custom* custom = extension::take(env_, elementOf(buffers, static_cast<uint32_t>(s.buffer)));
    if (custom == nullptr) return client_->fail(op, -ENOMEM);
    op->custom.store(custom, std::memory_order_release);
  }
  if ((s.flags & kReadIntoBuffer) != 0) {
    const View view = viewOf(env_, elementOf(buffers, static_cast<uint32_t>(s.buffer)));
    // If the view is smaller than asked for, it was detached or has shrunk: what is read is dropped.
    if (view.size >= op->wanted) op->direct = view.data;
  }
  if (fillInput(*op, s, buffers) && !terminating_ && reserveOutput(*op)) return run(op);
  client_->fail(op, -ENOMEM);
}

// Runs the op at once, or on a worker.
void Environment::run(Op* op) {
  if (inline_.answer(*op, descriptors_.isBusy(op->fd))) return client_->fail(op, op->result);
  if (!router_.followLinks(*op)) return client_->fail(op, kStalled);
  op->isWatched = Inline::learnsFrom(*op);
  op->isCounted = op->fd >= 0;
  if (op->isCounted) descriptors_.toWorker(op->fd);
  client_->submit(op);
}

// Returns null if JavaScript cannot run any more because its thread is being terminated.
napi_value Environment::elementOf(napi_value array, uint32_t at) {
  napi_value value = nullptr;
  if (napi_get_element(env_, array, at, &value) != napi_ok) terminating_ = true;
  return value;
}

bool Environment::fillInput(Op& op, const Submission& s, const Napi::Value& buffers) {
  const size_t pathSize = s.pathLength >= 0 ? static_cast<size_t>(s.pathLength) + 1 : 0;
  const size_t destSize = s.destLength >= 0 ? static_cast<size_t>(s.destLength) + 1 : 0;
  const size_t inlineSize = pathSize + destSize + static_cast<size_t>(s.dataLength);
  size_t size = inlineSize;
  std::vector<View> data;
  if ((s.flags & kDataInBuffer) != 0) {
    data.push_back(viewOf(env_, elementOf(buffers, static_cast<uint32_t>(s.buffer))));
  } else if ((s.flags & kDataInBuffers) != 0) {
    const napi_value list = elementOf(buffers, static_cast<uint32_t>(s.buffer));
    uint32_t count = 0;
    if (list != nullptr) napi_get_array_length(env_, list, &count);
    op.i0 = static_cast<int32_t>(count);
    for (uint32_t i = 0; i < count; i++) data.push_back(viewOf(env_, elementOf(list, i)));
  }
  if (terminating_) return false;  // some of the data may be missing
  if ((s.flags & kDataStays) != 0) return fillSpans(op, s, data, pathSize);
  for (const View& view : data) size += view.size;
  if (size == 0) return true;
  if (size > kShortInput && !op.input.reserve(size)) return false;
  uint8_t* to = size > kShortInput ? op.input.data() : op.shortInput;
  memcpy(to, submissionBytes_ + s.bytesAt, inlineSize);
  if (pathSize > 0) op.path = reinterpret_cast<char*>(to);
  if (destSize > 0) op.dest = reinterpret_cast<char*>(to + pathSize);
  op.data = to + pathSize + destSize;
  op.dataSize = size - pathSize - destSize;
  to += inlineSize;
  for (const View& view : data) {
    if (view.size > 0) memcpy(to, view.data, view.size);
    to += view.size;
  }
  return true;
}

// The data stays where it is: the input holds its places, and behind them the path.
bool Environment::fillSpans(Op& op, const Submission& s, const std::vector<View>& data, size_t pathSize) {
  const size_t spansSize = data.size() * sizeof(Span);
  if (!op.input.reserve(spansSize + pathSize)) return false;
  auto* spans = reinterpret_cast<Span*>(op.input.data());
  op.spans = spans;
  for (const View& view : data) {
    *spans++ = {view.data, view.size};
    op.dataSize += view.size;
  }
  if (pathSize > 0) {
    op.path = reinterpret_cast<char*>(op.input.data() + spansSize);
    memcpy(op.input.data() + spansSize, submissionBytes_ + s.bytesAt, pathSize);
  }
  return true;
}

bool Environment::reserveOutput(Op& op) {
  switch (op.code) {
    case Code::read:
    case Code::readv:
      return op.direct != nullptr || op.wanted > kStaged || op.output.reserve(op.wanted);
    case Code::readFile:
      return op.output.reserve(16 * 1024);
    case Code::opendir:
      if (op.i0 != ops::kOpensListed) return true;
      [[fallthrough]];
    case Code::readdir:
      return op.output.reserve(8 * 1024) && op.scratch.reserve(24 * 1024);
    case Code::dirread:
      return op.output.reserve(4 * 1024) && op.scratch.reserve(4 * 1024);
    case Code::readlink:
      return op.output.reserve(sys::kLongestPath);
    case Code::realpath:
      return op.output.reserve(sys::kLongestPath) &&
             op.scratch.reserve(strlen(op.path) + 3 * sys::kLongestPath);
    case Code::mkdirp:
    case Code::mkdtemp:
      return op.output.reserve(strlen(op.path) + 8) && op.scratch.reserve(strlen(op.path) + 8);
    default:
      return true;
  }
}

}  // namespace pendingop
