// Inline calls: calls that the environment's own thread answers, without a worker, because the answer is in
// the kernel's memory and asking for it waits for nothing. docs/cached-calls.md says which waits are
// possible, and how each is avoided.
//
// One for each environment, on its own thread, but for setOn().
//
// A path is resolved through the kernel's cache of names alone, to a descriptor that only names the file
// (O_PATH). That asks no file system, whatever the path crosses. Then the mount of the descriptor decides:
// only file systems that are known to have the answer in memory are asked for more. Opening and reading a
// file may still wait, for a fanotify listener's permission say, and the kernel does not tell beforehand. So
// this thread opens or reads a file only after a worker has done the same to it without sleeping. As soon as
// this thread has slept in such a call, everything that was learnt is forgotten.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/errors.h"
#include "core/known_files.h"
#include "core/memory_mounts.h"
#include "core/op.h"
#include "sys/cached.h"

namespace pendingop {

class Inline {
 public:
  static void setOn(bool on) { on_.store(on, std::memory_order_relaxed); }

  // How many ops were answered here, of all environments.
  static int64_t answered() { return answered_.load(std::memory_order_relaxed); }

  // Runs the op if it can be answered now; returns false if a worker is to run it. `isBusy`: workers are
  // using the op's descriptor.
  bool answer(Op& op, bool isBusy);
  // Whether something can be learnt from the op, which a worker is to run.
  static bool learnsFrom(const Op& op);
  // A watched op has come back from its worker.
  void learn(const Op& op);
  // Before the calls of one submission, `count` of them. The thread may have slept since the last one.
  void beginSubmission(size_t count);
  // The event loop begins a new turn: the bound of a turn starts anew.
  void nextTurn() { spent_ = 0; }

 private:
  // Returned by the functions below: a worker has to do it.
  static constexpr int64_t kWorker = -EAGAIN;
  class Watch;

  int64_t run(Op& op, bool isBusy);
  int64_t stat(Op& op, bool followLinks);
  int64_t fstat(Op& op);
  int64_t access(Op& op);
  int64_t watch(Op& op);
  int64_t readlink(Op& op);
  int64_t realpath(Op& op);
  int64_t open(Op& op);
  int64_t close(Op& op, bool isBusy);
  int64_t read(Op& op);
  int64_t readFile(Op& op);

  int64_t openKnown(const Op& op, uint8_t did, sys::CachedStatus* status, const MemoryMounts::Local** local);
  int64_t readKnown(Op& op, sys::Descriptor fd, int64_t position, size_t wanted,
                    const sys::CachedStatus& status, const MemoryMounts::Local& local);
  bool decides(const sys::CachedStatus& status) const;

  static std::atomic<bool> on_;
  static std::atomic<int64_t> answered_;

  bool isFew_ = true;  // the submission has so few calls that a worker would cost more
  int spent_ = 0;
  int64_t sleeps_ = -1;  // how often this thread has slept; -1: not asked in this submission

  MemoryMounts mounts_;
  KnownFiles known_;
};

}  // namespace pendingop
