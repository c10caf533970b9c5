#include "napi/environment.h"

#include <errno.h>
#include <limits.h>

#include <algorithm>
#include <cstring>

#include "core/clock.h"
#include "core/pool.h"

namespace pendingop {

namespace {

// Output that fits here is reserved when an op is submitted and copied through the completion's byte area;
// what is larger is mapped by the worker, and handed to JavaScript as it is.
constexpr size_t kStaged = 64 * 1024;
constexpr size_t kBatch = 16;
constexpr int64_t kGather = 12 * kMicrosecond;

struct View {
  uint8_t* data = nullptr;
  size_t size = 0;
};

View viewOf(napi_env env, napi_value value) {
  View view;
  bool is = false;
  if (napi_is_dataview(env, value, &is) == napi_ok && is) {
    void* data;
    napi_get_dataview_info(env, value, &view.size, &data, nullptr, nullptr);
    view.data = static_cast<uint8_t*>(data);
    return view;
  }
  if (napi_is_typedarray(env, value, &is) != napi_ok || !is) return view;
  napi_typedarray_type type;
  size_t length;
  void* data;
  napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr);
  static constexpr size_t kSizes[] = {1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8};
  view.data = static_cast<uint8_t*>(data);
  view.size = length * kSizes[type];
  return view;
}

// Where an op that its worker is still in has got to.
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

View arrayBufferOf(const Napi::Object& from, const char* name) {
  auto buffer = from.Get(name).As<Napi::ArrayBuffer>();
  return {static_cast<uint8_t*>(buffer.Data()), buffer.ByteLength()};
}

}  // namespace

Napi::Value Environment::attach(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto* self = new Environment(env);
  const auto memory = info[0].As<Napi::Object>();
  self->memory_ = Napi::Reference<Napi::Object>::New(memory, 1);
  self->submissions_ = reinterpret_cast<const Submission*>(arrayBufferOf(memory, "submissions").data);
  self->submissionBytes_ = arrayBufferOf(memory, "submissionBytes").data;
  const View completions = arrayBufferOf(memory, "completions");
  self->completions_ = reinterpret_cast<Completion*>(completions.data);
  self->completionCapacity_ = completions.size / sizeof(Completion);
  const View bytes = arrayBufferOf(memory, "completionBytes");
  self->completionBytes_ = bytes.data;
  self->completionBytesSize_ = bytes.size;
  self->closesDescriptors_ = memory.Get("isThread").ToBoolean();
  self->client_ = Client::open(wake, self);

  const auto name = Napi::String::New(env, "pendingop");
  napi_create_threadsafe_function(env, info[1], nullptr, name, 0, 1, nullptr, nullptr, nullptr, nullptr,
                                  &self->wakeUp_);
  napi_unref_threadsafe_function(env, self->wakeUp_);
  // After the function above, so that it runs before that one is taken down.
  napi_add_env_cleanup_hook(env, cleanUp, self);

  auto functions = Napi::Object::New(env);
  const auto add = [&](const char* key, auto method) {
    functions.Set(
        key, Napi::Function::New(
                 env, [self, method](const Napi::CallbackInfo& call) { return (self->*method)(call); }, key));
  };
  add("submit", &Environment::submit);
  add("poll", &Environment::poll);
  add("takeBytes", &Environment::takeBytes);
  add("interrupt", &Environment::interrupt);
  add("snapshot", &Environment::snapshot);
  add("keepAlive", &Environment::keepAlive);
  add("forget", &Environment::forget);
  return functions;
}

void Environment::cleanUp(void* argument) {
  auto* self = static_cast<Environment*>(argument);
  if (self->next_ != nullptr) self->client_->finish(self->next_);
  for (const int32_t slot : self->untaken_) {
    if (Op* op = self->client_->at(slot); op != nullptr) self->client_->finish(&op->done);
  }
  if (self->closesDescriptors_) self->descriptors_.each([self](int fd) { self->client_->leave(fd); });
  self->client_->close();
  self->memory_.SuppressDestruct();
  // The object stays: functions of this environment may still be called by other clean-up code.
  self->client_ = nullptr;
}

// submit(count, buffers | undefined): the first `count` submissions.
Napi::Value Environment::submit(const Napi::CallbackInfo& info) {
  if (client_ == nullptr) return info.Env().Undefined();
  const auto count = info[0].As<Napi::Number>().Uint32Value();
  const int64_t now = nowNs();
  for (uint32_t i = 0; i < count; i++) submitOne(submissions_[i], info[1], now);
  client_->flush();
  return info.Env().Undefined();
}

void Environment::submitOne(const Submission& s, const Napi::Value& buffers, int64_t now) {
  Op* op = client_->allocate(s.slot);
  if (op == nullptr) Napi::Error::Fatal("pendingop", "out of memory");
  op->code = static_cast<Code>(s.code);
  op->fd = s.fd;
  descriptors_.submitted(*op);
  op->i0 = s.i0;
  op->i1 = s.i1;
  op->d0 = s.d0;
  op->d1 = s.d1;
  op->queuedNs = now;
  if (op->code == Code::read || op->code == Code::readv) op->wanted = static_cast<size_t>(s.d2);
  if (op->code == Code::writeFile) op->i2 = static_cast<int32_t>(s.d2);
  if ((s.flags & kReadIntoBuffer) != 0) {
    const View view = viewOf(env_, elementOf(buffers, static_cast<uint32_t>(s.buffer)));
    // Smaller than asked for: detached or shrunk since; what is read goes nowhere.
    if (view.size >= op->wanted) op->direct = view.data;
  }
  if (fillInput(*op, s, buffers) && !terminating_ && reserveOutput(*op)) return client_->submit(op);
  client_->fail(op, -ENOMEM);
}

// Null when JavaScript cannot run any more, since its thread is being terminated.
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

bool Environment::reserveOutput(Op& op) {
  switch (op.code) {
    case Code::read:
    case Code::readv:
      return op.direct != nullptr || op.wanted > kStaged || op.output.reserve(op.wanted);
    case Code::readFile:
      return op.output.reserve(16 * 1024);
    case Code::readdir:
      return op.output.reserve(8 * 1024) && op.scratch.reserve(24 * 1024);
    case Code::dirread:
      return op.output.reserve(4 * 1024) && op.scratch.reserve(4 * 1024);
    case Code::readlink:
      return op.output.reserve(PATH_MAX);
    case Code::realpath:
      return op.output.reserve(PATH_MAX) && op.scratch.reserve(strlen(op.path) + 3 * PATH_MAX);
    case Code::mkdirp:
    case Code::mkdtemp:
      return op.output.reserve(strlen(op.path) + 8) && op.scratch.reserve(strlen(op.path) + 8);
    default:
      return true;
  }
}

// Waits for completions with the processor's own patience. As many as make a turn of the loop worth while,
// since each turn costs more than a call does: all there can be when few are in flight, else a batch. False:
// there is nothing yet and it will take long; better to sleep, and to leave the processor to a second worker.
bool Environment::await(int64_t patience) {
  Pool& pool = Pool::instance();
  const size_t wanted = batch();
  const int64_t begin = nowNs();
  for (int64_t now = begin;;) {
    const size_t there = client_->completions();
    if (there >= wanted) return true;
    const bool backlog = pool.queue().size() > 0;
    if (there > 0 && !backlog) return true;
    const int64_t rest = static_cast<int64_t>(wanted - there) * pool.serviceNs();
    if (backlog && pool.isHeavy() && rest > kGather) return false;
    if (now - begin >= patience || (there > 0 && now - begin >= kGather)) return there > 0;
    // Every look takes the workers' cache lines away from them: none before they can have got there.
    const int64_t next = now + (backlog ? std::min(rest, kGather / 2) : 0);
    do {
      for (int i = 0; i < 6; i++) spinPause();
      now = nowNs();
    } while (now < next);
  }
}

size_t Environment::batch() const { return std::clamp<size_t>(client_->inFlight() / 2, 1, kBatch); }

// poll(spinMicroseconds, arm): how many completions there are in the records now. Looks for so long before it
// gives up; then, if asked to, has the loop woken by the next ones and gives -1.
Napi::Value Environment::poll(const Napi::CallbackInfo& info) {
  if (client_ == nullptr) return Napi::Number::New(env_, -1);
  const double spin = info[0].As<Napi::Number>().DoubleValue();
  const bool arm = info[1].As<Napi::Boolean>().Value();
  if (spin > 0 && next_ == nullptr && !await(static_cast<int64_t>(spin * kMicrosecond)))
    return Napi::Number::New(env_, 0);
  size_t count = arm ? 0 : drain();
  if (count == 0 && arm) {
    Pool& pool = Pool::instance();
    pool.serve();
    pool.help();
    if (next_ == nullptr && client_->arm(batch())) return Napi::Number::New(env_, -1);
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
    if (!put(*event, &completions_[count], &bytesUsed)) break;
    next_ = nullptr;
    if (completions_[count].bytesAt >= 0)
      client_->finish(event);
    else
      untaken_.push_back(event->op->slot);
    count++;
  }
  return count;
}

// False: no room for its bytes in this batch.
bool Environment::put(const Event& event, Completion* to, size_t* bytesUsed) {
  const Op& op = *event.op;
  to->slot = op.slot;
  to->outcome = static_cast<double>(event.outcome);
  to->flags = event.last ? kLast : 0;
  to->bytesDone = static_cast<double>(op.bytesDone.load(std::memory_order_relaxed));
  to->bytesAt = to->bytesLength = to->result = to->step = 0;
  // Abandoned: the result is the worker's still. Released: nobody wants it.
  if (event.outcome == Outcome::abandoned) to->step = static_cast<double>(stepIn(op));
  if (event.outcome == Outcome::abandoned || event.outcome == Outcome::released) return true;
  descriptors_.completed(op, event.outcome);
  to->result = static_cast<double>(op.result);
  to->step = static_cast<double>(op.failed);
  if (op.tookEffect) to->flags = static_cast<int>(to->flags) | kTookEffect;
  if (op.hasNumbers) {
    if (op.i0 != 0 && op.result >= 0)
      memcpy(to->bigints, op.numbers, sizeof op.numbers);
    else
      std::copy(op.numbers, op.numbers + kStatFields, to->numbers);
  }
  const size_t size = event.outcome == Outcome::completed ? op.output.size : 0;
  to->bytesLength = static_cast<double>(size);
  if (size > kStaged) {
    to->bytesAt = -1;
  } else if (size > 0) {
    if (*bytesUsed + size > completionBytesSize_) return false;
    memcpy(completionBytes_ + *bytesUsed, op.output.data(), size);
    to->bytesAt = static_cast<double>(*bytesUsed);
    *bytesUsed += size;
  }
  return true;
}

// takeBytes(slot): the bytes of a completion that were too many for the area, as a Buffer of its own; ends
// the op.
Napi::Value Environment::takeBytes(const Napi::CallbackInfo& info) {
  Op* op = client_ != nullptr ? client_->at(info[0].As<Napi::Number>().Int32Value()) : nullptr;
  if (op == nullptr) return info.Env().Undefined();
  std::erase(untaken_, op->slot);
  const size_t size = op->output.size;
  size_t mappedSize = 0;
  uint8_t* pages = op->output.takeMapped(&mappedSize);
  if (pages == nullptr) {  // in the memory reserved for it
    auto bytes = Napi::Buffer<uint8_t>::Copy(env_, op->output.data(), size);
    client_->finish(&op->done);
    return bytes;
  }
  client_->finish(&op->done);
  struct Pages {
    uint8_t* data;
    size_t size;
  };
  auto* hint = new Pages{pages, mappedSize};
  const auto unmap = [](napi_env, void*, void* taken) {
    auto* given = static_cast<Pages*>(taken);
    munmap(given->data, given->size);
    delete given;
  };
  napi_value buffer;
  const napi_status status = napi_create_external_buffer(env_, size, pages, unmap, hint, &buffer);
  if (status == napi_ok) return Napi::Value(env_, buffer);
  // After any other failure Node has unmapped them already, or never will.
  if (status != napi_no_external_buffers_allowed) return info.Env().Undefined();
  auto copy = Napi::Buffer<uint8_t>::Copy(env_, pages, size);
  unmap(env_, nullptr, hint);
  return copy;
}

// interrupt(slot, graceMs)
Napi::Value Environment::interrupt(const Napi::CallbackInfo& info) {
  Op* op = client_ != nullptr ? client_->at(info[0].As<Napi::Number>().Int32Value()) : nullptr;
  if (op != nullptr) {
    const auto grace = static_cast<int64_t>(info[1].As<Napi::Number>().DoubleValue() * kMillisecond);
    Pool::instance().supervisor().interrupt(op, op->state.generation(), grace);
  }
  return info.Env().Undefined();
}

namespace {

// False: it is over, if its completion may still be on its way.
bool fillRow(const Op& op, int64_t now, Row* row) {
  const State state = op.state.state();
  if (state != State::Queued && state != State::Running && state != State::Interrupting &&
      state != State::Abandoned)
    return false;
  const int64_t started = op.startedNs.load(std::memory_order_relaxed);
  const int64_t until = started != 0 ? started : now;
  *row = {static_cast<double>(op.slot),
          static_cast<double>(state),
          static_cast<double>(op.call.load(std::memory_order_relaxed)),
          static_cast<double>(op.thread.load(std::memory_order_relaxed)),
          static_cast<double>(until - op.queuedNs) / kMillisecond,
          started != 0 ? static_cast<double>(now - started) / kMillisecond : 0};
  return true;
}

}  // namespace

// snapshot(rows: Float64Array, slot: number): fills it with the ops in flight, or with the one in `slot`
// unless that is -1. Gives how many there are, room for them or not.
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

// keepAlive(on): whether the event loop waits for what is in flight.
Napi::Value Environment::keepAlive(const Napi::CallbackInfo& info) {
  if (client_ != nullptr) {
    if (info[0].As<Napi::Boolean>().Value())
      napi_ref_threadsafe_function(env_, wakeUp_);
    else
      napi_unref_threadsafe_function(env_, wakeUp_);
  }
  return info.Env().Undefined();
}

// forget(fd): somebody closes the descriptor past the pool.
Napi::Value Environment::forget(const Napi::CallbackInfo& info) {
  descriptors_.forget(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

void Environment::wake(void* self) {
  napi_call_threadsafe_function(static_cast<Environment*>(self)->wakeUp_, nullptr, napi_tsfn_nonblocking);
}

}  // namespace pendingop
