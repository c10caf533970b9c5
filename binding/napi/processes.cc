// What lib/spawn needs in order to start processes without libuv: sys/processes.h.
#include "napi/processes.h"

#include "core/mounts.h"
#include "napi/functions.h"
#include "napi/views.h"
#include "sys/processes.h"
#include "sys/self.h"

namespace pendingop::processes {

namespace {

// A mount that is not in the table is in another namespace, or was detached while its files are open.
bool isRemoteMount(const void* table, int id) {
  const Mount* mount = static_cast<const MountTable*>(table)->byId(id);
  return mount == nullptr || mount->remote;
}

// holdsRemoteFile(): returns whether a file of a remote mount is open in this process, or may be.
Napi::Value holdsRemoteFile(const Napi::CallbackInfo& info) {
  Mounts& mounts = Mounts::instance();
  mounts.start();
  mounts.refresh();
  const auto table = mounts.current();
  return Napi::Boolean::New(info.Env(), sys::holdsFile(isRemoteMount, &*table));
}

// socketPair(): returns [one end, the other], or -errno.
Napi::Value socketPair(const Napi::CallbackInfo& info) {
  int ends[2];
  const int failed = sys::socketPair(ends);
  if (failed < 0) return Napi::Number::New(info.Env(), failed);
  auto pair = Napi::Array::New(info.Env(), 2);
  pair.Set(0U, ends[0]);
  pair.Set(1U, ends[1]);
  return pair;
}

// sendDescriptors(socket, bytes, descriptors): returns 0 or -errno.
Napi::Value sendDescriptors(const Napi::CallbackInfo& info) {
  const View bytes = viewOf(info.Env(), info[1]);
  const auto list = info[2].As<Napi::Array>();
  int fds[sys::kMostPassed];
  uint32_t count = 0;
  for (; count < list.Length() && count < sys::kMostPassed; count++)
    fds[count] = list.Get(count).As<Napi::Number>().Int32Value();
  const int socket = info[0].As<Napi::Number>().Int32Value();
  return Napi::Number::New(info.Env(), sys::sendDescriptors(socket, fds, count, bytes.data, bytes.size));
}

// closeSocket(descriptor): closes a socket of socketPair(), which waits for nothing.
Napi::Value closeSocket(const Napi::CallbackInfo& info) {
  sys::closeDescriptor(sys::Descriptor(info[0].As<Napi::Number>().Int32Value()));
  return info.Env().Undefined();
}

// reapChild(pid): returns undefined while it runs; else [exit code, signal], each -1 if it is not known.
Napi::Value reapChild(const Napi::CallbackInfo& info) {
  int code;
  int signal;
  if (!sys::reapChild(info[0].As<Napi::Number>().Int32Value(), &code, &signal)) return info.Env().Undefined();
  auto ended = Napi::Array::New(info.Env(), 2);
  ended.Set(0U, code);
  ended.Set(1U, signal);
  return ended;
}

}  // namespace

void addTo(Napi::Object exports) {
  addFunction(exports, "holdsRemoteFile", holdsRemoteFile);
  addFunction(exports, "socketPair", socketPair);
  addFunction(exports, "sendDescriptors", sendDescriptors);
  addFunction(exports, "closeSocket", closeSocket);
  addFunction(exports, "reapChild", reapChild);
}

}  // namespace pendingop::processes
