// The ops in flight, for listPending().
#include "base/clock.h"
#include "napi/environment.h"
#include "napi/views.h"

namespace pendingop {

namespace {

// Returns false if the op is over, even if its completion is still on its way.
bool fillRow(const Op& op, int64_t now, Row* row) {
  const State state = op.state.state();
  if (state != State::Queued && state != State::Running && state != State::Interrupting &&
      state != State::Abandoned)
    return false;
  const int64_t started = op.startedNs.load(std::memory_order_relaxed);
  const int64_t progress = op.progressNs.load(std::memory_order_relaxed);
  const int64_t until = started != 0 ? started : now;
  *row = {static_cast<double>(op.slot),
          static_cast<double>(state),
          static_cast<double>(op.call.load(std::memory_order_relaxed)),
          static_cast<double>(op.thread.load(std::memory_order_relaxed)),
          static_cast<double>(until - op.queuedNs) / kMillisecond,
          started != 0 ? static_cast<double>(now - started) / kMillisecond : 0,
          progress != 0 ? static_cast<double>(now - progress) / kMillisecond : -1};
  return true;
}

}  // namespace

// snapshot(rows: Float64Array, slot: number): fills `rows` with the ops in flight, or, unless `slot` is -1,
// with the one in `slot`. Returns their number, whether there is room for all or not.
Napi::Value Environment::snapshot(const Napi::CallbackInfo& info) {
  if (client_ == nullptr) return Napi::Number::New(env_, 0);
  const View view = viewOf(env_, info[0]);
  const size_t room = view.size / sizeof(Row);
  const int32_t only = info[1].As<Napi::Number>().Int32Value();
  const int64_t now = nowNs();
  const size_t end = only < 0 ? client_->slots() : static_cast<size_t>(only) + 1;
  size_t count = 0;
  for (size_t slot = only < 0 ? 0 : only; slot < end; slot++) {
    const Op* op = client_->at(static_cast<int32_t>(slot));
    Row row;
    if (op == nullptr || !fillRow(*op, now, &row)) continue;
    if (count < room) reinterpret_cast<Row*>(view.data)[count] = row;
    count++;
  }
  return Napi::Number::New(env_, static_cast<double>(count));
}

}  // namespace pendingop
