#include "sys/windows/directories.h"

#include <algorithm>
#include <vector>

#include "base/futex.h"
#include "sys/windows/call.h"

namespace pendingop::sys {

namespace {

Mutex mutex;
std::vector<uv::Directory*>& open GUARDED_BY(mutex) = *new std::vector<uv::Directory*>;

int numberFor(uv::Directory* directory) {
  Lock lock(mutex);
  auto at = std::find(open.begin(), open.end(), nullptr);
  if (at == open.end()) at = open.insert(open.end(), nullptr);
  *at = directory;
  return kFirstDirectory + static_cast<int>(at - open.begin());
}

uv::Directory** entryOf(Descriptor number) REQUIRES(mutex) {
  const auto at = static_cast<size_t>(number - kFirstDirectory);
  return isDirectory(number) && at < open.size() ? &open[at] : nullptr;
}

}  // namespace

long openDirectory(Calling& op, const char* path) {
  return call(op, Call::openat, kReads, [path]() -> long {
    Request request;
    const long r = request.run(uv::fs::opendir, path);
    return r < 0 ? r : numberFor(static_cast<uv::Directory*>(uv::pointerOf(request.get())));
  });
}

uv::Directory* directoryOf(Descriptor number) {
  Lock lock(mutex);
  uv::Directory** const entry = entryOf(number);
  return entry == nullptr ? nullptr : *entry;
}

long closeDirectory(Descriptor number) {
  uv::Directory* directory = nullptr;
  {
    Lock lock(mutex);
    if (uv::Directory** const entry = entryOf(number); entry != nullptr) std::swap(directory, *entry);
  }
  return directory == nullptr ? -EBADF : Request().run(uv::fs::closedir, directory);
}

}  // namespace pendingop::sys
