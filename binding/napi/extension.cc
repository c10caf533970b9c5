#include "napi/extension.h"

#include <pendingop.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/unblocker.h"
#include "sys/image.h"
#include "sys/sys.h"

namespace pendingop::extension {

namespace {

constexpr uint32_t kVersion = 1;

// It outlives its environment: the clean-up code of other addons may still use it.
struct Table {
  pendingop_api api;  // first member: a pointer to it points to the table
  napi_env env;       // null once the environment has ended
  uv_loop_s* loop;    // one for each thread
  napi_ref start;
};

struct Handle {
  Custom* custom;
};

Op* opOf(pendingop_op* op) { return reinterpret_cast<Op*>(op); }
Custom* customOf(pendingop_op* op) { return opOf(op)->custom.load(std::memory_order_relaxed); }

int interrupted(const pendingop_op* op) { return reinterpret_cast<const Op*>(op)->wantsStop() ? 1 : 0; }
void beginUninterruptible(pendingop_op* op) { customOf(op)->shield(true); }
void endUninterruptible(pendingop_op* op) { customOf(op)->shield(false); }

// NOLINTNEXTLINE(readability-identifier-length): as syscall(2) has them
long systemCall(pendingop_op* op, long number, long a, long b, long c, long d, long e, long f) {
  return sys::systemCall(*opOf(op), number, {a, b, c, d, e, f}, !customOf(op)->shielded());
}

Mutex keptMutex;
std::vector<const void*>& kept GUARDED_BY(keptMutex) = *new std::vector<const void*>;  // never destroyed

// When a worker thread ends, Node unloads its addons, even while workers run their code.
void keepCode(const void* function) {
  Lock lock(keptMutex);
  if (std::find(kept.begin(), kept.end(), function) != kept.end()) return;
  kept.push_back(function);
  sys::keepImage(function);
}

napi_status refuse(napi_env env, const char* why) {
  napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", why);
  return napi_pending_exception;
}

napi_value text(napi_env env, const char* from) {
  napi_value value = nullptr;
  if (from == nullptr)
    napi_get_undefined(env, &value);
  else
    napi_create_string_utf8(env, from, NAPI_AUTO_LENGTH, &value);
  return value;
}

napi_value orUndefined(napi_env env, napi_value value) {
  return value != nullptr ? value : text(env, nullptr);
}

void collected(napi_env, void* data, void*) {
  auto* handle = static_cast<Handle*>(data);
  if (handle->custom != nullptr) handle->custom->drop();
  delete handle;
}

napi_status run(const pendingop_api* api, napi_env env, const pendingop_call* given, size_t size,
                napi_value* promise) {
  const auto& table = *reinterpret_cast<const Table*>(api);
  if (given == nullptr || promise == nullptr)
    return refuse(env, "pendingop_run: no call, or no place for its promise");
  uv_loop_s* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || loop != table.loop)
    return refuse(env, "pendingop_run: the table of functions is another thread's; get one in each");
  if (table.env == nullptr) return napi_closing;
  pendingop_call call = {};  // members that an older addon does not know are not set
  memcpy(&call, given, std::min(size, sizeof call));
  if (call.execute == nullptr) return refuse(env, "pendingop_run: the call has no execute function");
  if (call.unblock != nullptr && !Unblocker::instance().start()) {
    napi_throw_error(env, "EAGAIN", "pendingop_run: no thread to be had for unblock functions");
    return napi_pending_exception;
  }
  keepCode(reinterpret_cast<const void*>(call.execute));

  CustomFunctions functions;
  functions.execute = reinterpret_cast<int64_t (*)(Op*, void*)>(call.execute);
  functions.unblock = call.unblock;
  functions.destroy = call.destroy;
  functions.data = call.data;
  functions.owner = env;
  functions.complete = reinterpret_cast<void (*)()>(call.complete);
  auto* handle = new Handle{Custom::make(functions)};

  // Uses the table's environment for the table's values, and the addon's for everything that can throw.
  napi_value start, kind, undefined;
  napi_value arguments[6];
  napi_get_undefined(env, &undefined);
  napi_get_reference_value(table.env, table.start, &start);
  napi_status status = napi_create_external(table.env, handle, collected, nullptr, &arguments[0]);
  if (status != napi_ok) {
    handle->custom->drop(false);
    delete handle;
    napi_throw_error(env, nullptr, "pendingop_run: the environment is ending");
    return status;
  }
  napi_create_uint32(env, call.kind, &kind);
  arguments[1] = text(env, call.fn);
  arguments[2] = call.kind == 0 ? undefined : kind;
  arguments[3] = orUndefined(env, call.params);
  arguments[4] = text(env, call.path);
  arguments[5] = orUndefined(env, call.options);
  status = napi_call_function(env, undefined, start, 6, arguments, promise);
  if (status == napi_ok || handle->custom == nullptr) return status;
  handle->custom->drop(false);
  handle->custom = nullptr;
  return status;
}

}  // namespace

Napi::Value makeTable(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto* table = new Table{{kVersion, run, interrupted, beginUninterruptible, endUninterruptible, systemCall},
                          env,
                          nullptr,
                          nullptr};
  napi_get_uv_event_loop(env, &table->loop);
  napi_create_reference(env, info[0], 1, &table->start);
  napi_add_env_cleanup_hook(
      env, [](void* ended) { static_cast<Table*>(ended)->env = nullptr; }, table);
  auto object = Napi::Object::New(env);
  napi_type_tag_object(env, object, &pendingop_tag);
  napi_wrap(env, object, table, nullptr, nullptr, nullptr);
  object.Freeze();
  return object;
}

Napi::Value drop(const Napi::CallbackInfo& info) {
  if (Custom* custom = take(info.Env(), info[0])) custom->drop();
  return info.Env().Undefined();
}

Custom* take(napi_env env, napi_value external) {
  void* data = nullptr;
  if (napi_get_value_external(env, external, &data) != napi_ok) return nullptr;
  auto* handle = static_cast<Handle*>(data);
  Custom* custom = handle->custom;
  handle->custom = nullptr;
  return custom;
}

Napi::Value complete(Napi::Env env, Custom* custom, int64_t result) {
  const CustomFunctions& functions = custom->functions();
  if (functions.complete == nullptr) {
    custom->drop();
    return Napi::Number::New(env, static_cast<double>(result));
  }
  const auto owner = static_cast<napi_env>(functions.owner);
  const auto make = reinterpret_cast<napi_value (*)(napi_env, int64_t, void*)>(functions.complete);
  napi_value value = make(owner, result, functions.data);
  // Node has noted the exception in the environment that it was thrown in. From here on it is ours.
  bool thrown = false;
  napi_is_exception_pending(owner, &thrown);
  napi_value error;
  if (thrown && napi_get_and_clear_last_exception(owner, &error) == napi_ok) {
    napi_throw(env, error);
    value = nullptr;
  }
  custom->drop();
  return {env, orUndefined(env, value)};
}

}  // namespace pendingop::extension
