// The records in which JavaScript and native code pass ops and completions, with their bytes: four
// ArrayBuffers that JavaScript allocates, and only the environment's thread touches. lib/engine/submission.ts
// and lib/engine/completion.ts are the other side.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pendingop {

// Memory for output up to this size is reserved when an op is submitted, and copied through the completion's
// byte area. The worker maps larger memory, which is handed to JavaScript as it is.
constexpr size_t kStaged = 64 * 1024;

// An op to submit. Its bytes (path NUL dest NUL data) begin at `bytesAt` in the submission's byte area.
struct Submission {
  int32_t slot;
  uint8_t code;
  uint8_t function;  // core/functions.h; 0: the name of its code
  uint16_t flags;
  int32_t pathLength;
  int32_t destLength;
  int32_t dataLength;
  int32_t fd;
  int32_t i0;
  int32_t i1;
  double d0;
  double d1;
  double d2;       // a read's bytes; writeFile's `flush`; with kBelow the directory of the second path
  int32_t buffer;  // with kBelow: the names of the path below `fd`; above 16 bits those of the second path
  int32_t bytesAt;
};
static_assert(sizeof(Submission) == 64);

enum SubmissionFlags : uint16_t {
  kDataInBuffer = 1,    // the data is buffers[buffer]
  kDataInBuffers = 2,   // the data is the views in the array buffers[buffer], end to end
  kReadIntoBuffer = 4,  // what can be read without waiting may go straight to buffers[buffer]
  // With one of the first two: JavaScript keeps the memory until the op is over and the kernel has released
  // it, so the worker may copy from it.
  kDataStays = 8,
  kBelow = 16,      // the paths are walked from directories that JavaScript holds open: core/op.h, Base
  kNoFollow = 32,   // see sys::Place; with kBelow
  kMayChange = 64,  // the op may change the disk
};

// The result of an op that was not begun because its file system has stalled. No errno has that number.
constexpr int64_t kStalled = -2000;

struct Completion {
  double slot;
  double result;
  double outcome;
  double flags;
  double step;
  double bytesDone;
  double bytesAt;  // the offset in the completion's byte area; or kTakeBytes, kTakeValue
  double bytesLength;
  union {
    double numbers[18];
    int64_t bigints[18];
  };
  double queuedMs;
};
static_assert(sizeof(Completion) == 27 * 8);

// The op is kept until takeBytes(slot) or takeValue(slot).
constexpr double kTakeBytes = -1;
constexpr double kTakeValue = -2;

enum CompletionFlags : uint16_t {
  kTookEffect = 1,
  kLast = 2,  // the slot is free now
  kLost = 4,  // its worker was killed, but nobody had interrupted the op
};

// An op in flight, for the table.
struct Row {
  double slot;
  double state;
  double call;
  double thread;
  double queuedMs;
  double runningMs;
  double idleMs;  // since the last progress; -1: none yet
};

}  // namespace pendingop
