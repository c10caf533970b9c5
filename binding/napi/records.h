// How JavaScript and native code pass ops and completions: records and their bytes, in four ArrayBuffers
// that JavaScript allocates and the environment's thread alone touches. lib/engine/submission.ts and
// lib/engine/completion.ts have the other half.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pendingop {

// Output that fits here is reserved when an op is submitted and copied through the completion's byte area;
// what is larger is mapped by the worker, and handed to JavaScript as it is.
constexpr size_t kStaged = 64 * 1024;

// An op to submit. Its bytes (path NUL dest NUL data) lie at `bytesAt` in the submission's byte area.
struct Submission {
  int32_t slot;
  uint8_t code;
  uint8_t function;  // core/functions.h; 0: that of the code
  uint16_t flags;
  int32_t pathLength;
  int32_t destLength;
  int32_t dataLength;
  int32_t fd;
  int32_t i0;
  int32_t i1;
  double d0;
  double d1;
  double
      d2;  // bytes wanted, for a read; `flush`, for writeFile; with kBelow the directory of the second path
  int32_t
      buffer;  // with kBelow: how many names of the path are below `fd`; above 16 bits, of the second path
  int32_t bytesAt;
};
static_assert(sizeof(Submission) == 64);

enum SubmissionFlags : uint16_t {
  kDataInBuffer = 1,    // the data is buffers[buffer]
  kDataInBuffers = 2,   // the data is the views in the array buffers[buffer], end to end
  kReadIntoBuffer = 4,  // what can be had without waiting may go straight to buffers[buffer]
  // With one of the first two: JavaScript keeps the memory until the op is over and the kernel has released
  // it, so that the worker may copy from it.
  kDataStays = 8,
  kBelow = 16,     // the paths are walked from directories that JavaScript holds open: core/op.h, Base
  kNoFollow = 32,  // see sys::Place; with kBelow
};

// The result of an op that was not begun, since its file system is stalled; no errno has that number.
constexpr int64_t kStalled = -2000;

struct Completion {
  double slot;
  double result;
  double outcome;
  double flags;
  double step;
  double bytesDone;
  double bytesAt;  // in the completion's byte area; or kTakeBytes, kTakeValue
  double bytesLength;
  union {
    double numbers[18];
    int64_t bigints[18];
  };
  double queuedMs;
};
static_assert(sizeof(Completion) == 27 * 8);

// The op is kept until takeBytes(slot), takeValue(slot).
constexpr double kTakeBytes = -1;
constexpr double kTakeValue = -2;

enum CompletionFlags : uint16_t {
  kTookEffect = 1,
  kLast = 2,  // the slot is free now
  kLost = 4,  // its worker was killed, and nobody had interrupted the op
};

// An op in flight, for the table.
struct Row {
  double slot;
  double state;
  double call;
  double thread;
  double queuedMs;
  double runningMs;
  double idleMs;  // since it last got on; -1: it has not yet
};

}  // namespace pendingop
