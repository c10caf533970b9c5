// Turns events into completion records, and decides how long to look for events before the loop sleeps.
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "core/numbers.h"
#include "core/pages.h"
#include "core/runtime.h"
#include "napi/environment.h"
#include "napi/extension.h"

namespace pendingop {

namespace {

constexpr size_t kBatch = 32;
constexpr int64_t kLook = 20 * kMicrosecond;

// Returns the step that an op is in while its worker has it.
Step stepIn(const Op& op) {
  if (op.code != Code::readFile && op.code != Code::writeFile && op.code != Code::truncate) return Step::own;
  switch (op.call.load(std::memory_order_relaxed)) {
    case Call::openat:
      return Step::open;
    case Call::statx:
      return Step::fstat;
    case Call::read:
      return Step::read;
    case Call::write:
      return Step::write;
    case Call::fsync:
      return Step::fsync;
    case Call::ftruncate:
      return Step::ftruncate;
    case Call::close:
      return Step::close;
    default:
      return Step::own;
  }
}

}  // namespace

// Looks for enough completions to make a turn of the loop worth while, since each turn costs more than a
// call. Enough is all calls in flight if there are few, else a batch. Returns false if there are fewer: then
// sleeping is better.
bool Environment::await() {
  const Pool& pool = Runtime::instance().main();
  const size_t wanted = batch();
  const auto enough = [&] {
    const size_t there = client_->completions();
    return there >= wanted || (there > 0 && pool.queued() == 0);
  };
  // After a wake-up, takes what there is.
  const bool woken = std::exchange(slept_, false) && client_->completions() > 0;
  if (woken || enough()) return true;
  if (client_->inFlight() == 0 || !pool.canSearch() || !patience_.pays()) return false;
  for (const int64_t end = nowNs() + kLook; nowNs() < end;) {
    // Every look takes the workers' cache lines away from them.
    for (int i = 0; i < 12; i++) spinPause();
    if (!enough()) continue;
    patience_.found();
    return true;
  }
  patience_.foundNothing();
  return client_->completions() > 0;
}

size_t Environment::batch() const { return std::clamp<size_t>(client_->inFlight() / 2, 1, kBatch); }

// poll(look, arm): returns the number of completions in the records. `look`: waits for some for some
// microseconds, if that pays. `arm`: if there are none, returns -1, and the next completion wakes the loop.
Napi::Value Environment::poll(const Napi::CallbackInfo& info) {
  if (client_ == nullptr) return Napi::Number::New(env_, -1);
  const bool look = info[0].As<Napi::Boolean>().Value();
  const bool arm = info[1].As<Napi::Boolean>().Value();
  inline_.nextTurn();
  if (look && next_ == nullptr && !await()) return Napi::Number::New(env_, 0);
  size_t count = arm ? 0 : drain();
  if (count == 0 && arm) {
    Runtime::instance().main().onLoopSleeps();
    if (next_ == nullptr && client_->arm(batch())) {
      slept_ = true;
      return Napi::Number::New(env_, -1);
    }
    count = drain();
  }
  return Napi::Number::New(env_, static_cast<double>(count));
}

size_t Environment::drain() {
  size_t count = 0;
  size_t bytesUsed = 0;
  while (count < completionCapacity_) {
    Event* event = next_ != nullptr ? next_ : client_->take();
    if (event == nullptr) break;
    next_ = event;
    if (!put(*event, &completions_[count], &bytesUsed, completionBytesSize_)) break;
    next_ = nullptr;
    delivered(event, completions_[count]);
    count++;
  }
  return count;
}

// waitFor(slot, ms): sleeps until the op has completed; with `ms` >= 0, for at most that time. Returns
// whether it has completed. The completion goes into the record behind the last one, and its bytes behind the
// others' bytes: JavaScript may not have read those of the last poll() yet.
Napi::Value Environment::waitFor(const Napi::CallbackInfo& info) {
  if (client_ == nullptr) return Napi::Boolean::New(env_, false);
  const double ms = info[1].As<Napi::Number>().DoubleValue();
  inline_.nextTurn();
  const int64_t until = ms < 0 ? -1 : nowNs() + static_cast<int64_t>(ms * kMillisecond);
  Event* event = client_->waitFor(info[0].As<Napi::Number>().Int32Value(), until);
  if (event == nullptr) return Napi::Boolean::New(env_, false);
  Completion* to = &completions_[completionCapacity_];
  size_t bytesUsed = completionBytesSize_;
  put(*event, to, &bytesUsed, completionBytesSize_ + kStaged);
  delivered(event, *to);
  return Napi::Boolean::New(env_, true);
}

// The event was written into a record: its op is over, or waits for takeBytes().
void Environment::delivered(Event* event, const Completion& completion) {
  const Op& op = *event->op;
  if (op.isCounted && event->last) descriptors_.fromWorker(op.fd);
  if (op.isWatched && event->outcome == Outcome::completed) inline_.learn(op);
  if (completion.bytesAt >= 0)
    client_->finish(event);
  else
    untaken_.push_back(event->op->slot);
}

// Returns false if there is no room for the bytes before `bytesEnd`.
bool Environment::put(const Event& event, Completion* to, size_t* bytesUsed, size_t bytesEnd) {
  const Op& op = *event.op;
  to->slot = op.slot;
  to->outcome = static_cast<double>(event.outcome);
  to->flags = event.last ? kLast : 0;
  to->bytesDone = static_cast<double>(op.bytesDone.load(std::memory_order_relaxed));
  to->bytesAt = to->bytesLength = to->result = to->step = 0;
  const int64_t started = op.startedNs.load(std::memory_order_relaxed);
  to->queuedMs = started != 0 ? static_cast<double>(started - op.queuedNs) / kMillisecond : 0;
  const bool tookEffect = op.tookEffect.load(std::memory_order_relaxed);
  // Abandoned: the result still belongs to the worker. Released: nobody wants it.
  if (event.outcome == Outcome::abandoned) {
    to->step = static_cast<double>(stepIn(op));
    if (tookEffect || op.changing.load(std::memory_order_relaxed))
      to->flags = static_cast<int>(to->flags) | kTookEffect;
  }
  if (event.outcome == Outcome::abandoned || event.outcome == Outcome::released) return true;
  descriptors_.completed(op, event.outcome);
  to->result = static_cast<double>(op.result);
  to->step = static_cast<double>(op.failed);
  if (tookEffect) to->flags = static_cast<int>(to->flags) | kTookEffect;
  if (op.isLost.load(std::memory_order_relaxed)) to->flags = static_cast<int>(to->flags) | kLost;
  if (op.hasNumbers) {
    if (op.i0 != 0 && op.result >= 0)
      memcpy(to->bigints, op.numbers, sizeof op.numbers);
    else
      toDoubles(op.numbers, to->numbers);
  }
  if (event.outcome == Outcome::completed && op.result >= 0 &&
      op.custom.load(std::memory_order_relaxed) != nullptr)
    to->bytesAt = kTakeValue;
  const size_t size = event.outcome == Outcome::completed ? op.output.size : 0;
  to->bytesLength = static_cast<double>(size);
  if (size > kStaged) {
    to->bytesAt = kTakeBytes;
  } else if (size > 0) {
    if (*bytesUsed + size > bytesEnd) return false;
    memcpy(completionBytes_ + *bytesUsed, op.output.data(), size);
    to->bytesAt = static_cast<double>(*bytesUsed);
    *bytesUsed += size;
  }
  return true;
}

// takeValue(slot): returns what another addon makes of its function's result, or throws. Ends the op.
Napi::Value Environment::takeValue(const Napi::CallbackInfo& info) {
  Op* op = client_ != nullptr ? client_->at(info[0].As<Napi::Number>().Int32Value()) : nullptr;
  if (op == nullptr) return info.Env().Undefined();
  std::erase(untaken_, op->slot);
  Custom* custom = op->custom.exchange(nullptr, std::memory_order_acq_rel);
  const int64_t result = op->result;
  client_->finish(&op->done);  // first: the code that runs now may start calls, which may get the same slot
  return extension::complete(env_, custom, result);
}

// takeBytes(slot): returns the bytes of a completion that did not fit into the area, as a Buffer of their
// own. Ends the op.
Napi::Value Environment::takeBytes(const Napi::CallbackInfo& info) {
  Op* op = client_ != nullptr ? client_->at(info[0].As<Napi::Number>().Int32Value()) : nullptr;
  if (op == nullptr) return info.Env().Undefined();
  std::erase(untaken_, op->slot);
  const size_t size = op->output.size;
  const Pages pages = op->output.takeAll();
  if (pages.data == nullptr) {  // the bytes are in the memory reserved for them
    auto bytes = Napi::Buffer<uint8_t>::Copy(env_, op->output.data(), size);
    client_->finish(&op->done);
    return bytes;
  }
  client_->finish(&op->done);
  auto* hint = new Pages(pages);
  const auto giveBack = [](napi_env, void*, void* taken) {
    auto* given = static_cast<Pages*>(taken);
    givePages(*given);
    delete given;
  };
  napi_value buffer;
  const napi_status status = napi_create_external_buffer(env_, size, pages.data, giveBack, hint, &buffer);
  if (status == napi_ok) {
    // V8 looks whether it is time to collect young buffers only when it allocates memory for one itself
    // (Heap::AllocateExternalBackingStore()). Without that it lets twice as much of ours pile up as of
    // Node's.
    napi_value unused;
    void* byte;
    napi_create_arraybuffer(env_, 1, &byte, &unused);
    return Napi::Value(env_, buffer);
  }
  // After any other failure Node has given the pages back already, or never will.
  if (status != napi_no_external_buffers_allowed) return info.Env().Undefined();
  auto copy = Napi::Buffer<uint8_t>::Copy(env_, static_cast<const uint8_t*>(pages.data), size);
  giveBack(env_, nullptr, hint);
  return copy;
}

}  // namespace pendingop
