// An op: one call of JavaScript's, with its arguments, its state and its result.
//
// Memory of ops is never given back to the system (core/allocator.h), so that reading the state word of an op
// that is over is always allowed. Who touches what:
//   arguments   written by the environment's thread before `queued`, then only read
//   result      written by the worker while it owns the op (running, interrupting, abandoned), read by the
//               environment's thread once it is done
//   state       base/state.h
#pragma once

#include <atomic>
#include <cstdint>

#include "core/base.h"
#include "core/bytes.h"
#include "sys/calling.h"
#include "sys/descriptor.h"

namespace pendingop {

// The path, or the second path, of an op that has none.
inline constexpr char kNoText[] = "";

// A stretch of the caller's own memory.
struct Span {
  const uint8_t* data;
  size_t size;
};

class Client;
class Pool;
class Custom;
struct Worker;
struct Op;

enum class Outcome : uint8_t {
  completed = 0,
  cancelled = 1,
  interrupted = 2,
  abandoned = 3,
  released = 4,
  killed = 5
};

// An entry in an environment's list of completions. An op whose caller was answered before the kernel
// released the call has two: `done`, and then `released`.
struct Event {
  Event* next = nullptr;
  Op* op = nullptr;
  Outcome outcome = Outcome::completed;
  bool last = true;  // no other one follows: the op's memory is free once this one has been taken
  std::atomic<bool> listed{false};  // it was put in, and perhaps taken out, since the op began
};

// Paths and data up to this size lie in the op itself.
constexpr size_t kShortInput = 120;

// Laid out by who writes: a cache line that changes hands costs as much as a small system call.
struct alignas(64) Op : Calling {
  Client* client = nullptr;
  Pool* pool = nullptr;      // whose workers run it: Pool::take()
  Op* next = nullptr;        // the free list
  Op* nextQueued = nullptr;  // core/run_queue.h
  Op* previousQueued = nullptr;
  int32_t slot = -1;

  // Arguments, written by the environment's thread.
  Code code = Code::open;
  uint8_t function = 0;  // as its caller knows it: core/functions.h
  sys::Descriptor fd = sys::kNoDescriptor;
  int32_t i0 = 0, i1 = 0, i2 = 0;
  double d0 = 0, d1 = 0;
  const char* path = kNoText;  // into the input, ended by a NUL
  const char* dest = kNoText;
  Base base, destBase;
  const uint8_t* data = nullptr;  // what a write writes: into the input
  size_t dataSize = 0;
  // What a large write writes, instead of `data`: the caller's memory, `dataSize` bytes in all, which a
  // worker copies from piece by piece (ops/write.cc). They lie in the input. Null otherwise.
  const Span* spans = nullptr;
  size_t wanted = 0;  // bytes that a read asks for
  // The caller's memory, for a large read of what the page cache holds; see ops/file.cc. Null otherwise.
  uint8_t* direct = nullptr;
  int64_t queuedNs = 0;
  std::atomic<Custom*> custom{nullptr};  // what Code::custom runs; core/custom.h
  // Whether its worker is to note what core/inline.h learns from: the file's status in `numbers`, and whether
  // the worker slept. Set by whoever submits it.
  bool isWatched = false;
  bool mayChange = false;  // it may change the disk: `changes` of lib/call/type.ts
  bool isCounted = false;  // among the ops of its descriptor: napi/descriptors.h
  uint8_t shortInput[kShortInput];

  // Where it stands and what came of it, written by the worker.
  alignas(64) std::atomic<int64_t> startedNs{0};
  std::atomic<int64_t> endedNs{0};  // its worker was done with it
  int64_t result = 0;               // >= 0, or -errno
  Event done;
  std::atomic<uint32_t> thread{0};
  std::atomic<uint8_t> pinned{0};    // a worker touches the caller's memory right now
  std::atomic<bool> isLost{false};   // its worker was killed, and nobody had interrupted the op
  std::atomic<bool> isProbe{false};  // the package's own question to a file system (core/lanes.h)
  Step failed = Step::own;           // the step that failed, for the error's `syscall`
  bool stopped = false;              // it was left because of an interrupt, or its worker was killed
  bool hasNumbers = false;
  bool slept = false;  // of one that is watched
  int64_t numbers[kStatFields];

  std::atomic<int64_t> bytesDone{0};  // of a read or write that got part of the way
  Bytes output;
  Bytes scratch;  // the worker's, while it runs
  Bytes input;    // where `shortInput` is too short
  Event released;
  // Where somebody outside of its environment waits to hear how it ends: gets the outcome + 1, once.
  std::atomic<std::atomic<uint8_t>*> toldTo{nullptr};

  // Queued from here on. The events come after the generation: see Completions::put().
  void begin() {
    state.begin();
    done.listed.store(false, std::memory_order_release);
    released.listed.store(false, std::memory_order_release);
  }
};

// What an op does, on a worker; writes the result into the op. ops/run.cc.
void runOp(Op& op);
// How an op that was stopped has ended: killed, or interrupted.
Outcome endOf(const Op& op);
// For an op that was interrupted in the middle and still has to close a descriptor, which may wait for ever:
// tells the caller now.
void settleInterrupted(Op& op);
// Cleans up after an op whose caller has left before the kernel did: closes a descriptor nobody will ever
// see.
void discardResult(Op& op);

}  // namespace pendingop
