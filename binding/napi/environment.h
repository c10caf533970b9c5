// One Node environment's side of the core: makes ops of the submission records, writes completions into the
// completion records, and wakes the event loop when it sleeps.
//
// It is used on the environment's thread, until the environment's clean-up hook; its functions own it. No
// other thread touches anything of JavaScript's, except a caller's buffer that a worker has pinned
// (Op::pinned). The hook waits for such a worker, which never takes long, and for nothing else.
#pragma once

#include <napi.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/client.h"
#include "core/inline.h"
#include "core/router.h"
#include "core/shared.h"
#include "napi/descriptors.h"
#include "napi/records.h"
#include "napi/views.h"

namespace pendingop {

class Environment {
 public:
  // attach({ submissions, submissionBytes, completions, completionBytes }, onWake): returns the functions of
  // this environment.
  static Napi::Value attach(const Napi::CallbackInfo& info);
  // The environments in the process: those that have made a call and have not ended.
  static std::atomic<uint32_t> living;

  mutable std::atomic<uint32_t> references{0};  // core/shared.h

 private:
  friend class Shared<Environment>;
  explicit Environment(Napi::Env env) : env_(env) { living++; }
  ~Environment() { living--; }

  // environment.cc
  Napi::Value interrupt(const Napi::CallbackInfo& info);
  Napi::Value keepAlive(const Napi::CallbackInfo& info);
  Napi::Value closeNow(const Napi::CallbackInfo& info);
  Napi::Value forget(const Napi::CallbackInfo& info);
  Napi::Value hasOpened(const Napi::CallbackInfo& info);
  Napi::Value opsOut(const Napi::CallbackInfo& info);
  static void wake(void* self);
  static void cleanUp(void* self);

  // submission.cc
  Napi::Value submit(const Napi::CallbackInfo& info);
  void submitOne(const Submission& s, const Napi::Value& buffers, int64_t now);
  void run(Op* op);
  napi_value elementOf(napi_value array, uint32_t at);
  bool fillInput(Op& op, const Submission& s, const Napi::Value& buffers);
  bool fillSpans(Op& op, const Submission& s, const std::vector<View>& data, size_t pathSize);
  bool reserveOutput(Op& op);

  // completion.cc
  Napi::Value poll(const Napi::CallbackInfo& info);
  Napi::Value waitFor(const Napi::CallbackInfo& info);
  Napi::Value takeBytes(const Napi::CallbackInfo& info);
  Napi::Value takeValue(const Napi::CallbackInfo& info);
  bool await();
  size_t batch() const;
  size_t drain();
  bool put(const Event& event, Completion* to, size_t* bytesUsed, size_t bytesEnd);
  void delivered(Event* event, const Completion& completion);

  // watching.cc
  Napi::Value openWatches(const Napi::CallbackInfo& info);
  Napi::Value readWatches(const Napi::CallbackInfo& info);
  Napi::Value holdForWatches(const Napi::CallbackInfo& info);

  // snapshot.cc
  Napi::Value snapshot(const Napi::CallbackInfo& info);

  const Napi::Env env_;
  Client* client_ = nullptr;
  napi_threadsafe_function wakeUp_ = nullptr;
  Napi::Reference<Napi::Object> memory_;  // keeps the four areas alive
  const Submission* submissions_ = nullptr;
  const uint8_t* submissionBytes_ = nullptr;
  Completion* completions_ = nullptr;
  size_t completionCapacity_ = 0;
  uint8_t* completionBytes_ = nullptr;
  size_t completionBytesSize_ = 0;
  bool terminating_ = false;
  // The slots of completions whose bytes JavaScript has not taken yet. A thread may end before takeBytes().
  std::vector<int32_t> untaken_;
  Descriptors descriptors_;
  Router router_;
  Inline inline_;
  Patience patience_;
  sys::Descriptor watches_ = sys::kNoDescriptor;  // the queue of file system events
  napi_threadsafe_function watchesTold_ = nullptr;
  bool slept_ = false;              // since the last look
  bool closesDescriptors_ = false;  // true in worker threads: their end is not the end of the process
  Event* next_ = nullptr;           // taken from the client, but the records were full
};

}  // namespace pendingop
