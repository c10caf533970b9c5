#include "core/links.h"

#include <algorithm>

#include "base/errors.h"
#include "core/path_text.h"
#include "sys/cached.h"
#include "sys/files.h"

namespace pendingop {

namespace {

constexpr int kMostLinks = 40;  // the kernel's own limit
constexpr size_t kMostKnown = 256;

struct Found {
  const Mount* mount = nullptr;
  size_t used = 0;   // how much of the path leads there
  std::string link;  // the place of the last link, by a path without links
};

// Walks name by name.
Found walk(const MountTable& table, std::string_view absolute, bool follows) {
  std::string done;  // without links
  std::string rest(absolute);
  size_t own = rest.size();  // of the path itself, at the end of `rest`
  char target[sys::kLongestPath];
  Found found;
  for (int links = 0; !rest.empty();) {
    const size_t end = std::min(rest.find('/'), rest.size());
    const std::string name = rest.substr(0, end);
    rest.erase(0, end + 1);
    own = std::min(own, rest.size());
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      done.resize(done.empty() ? 0 : done.rfind('/'));
      continue;
    }
    std::string next = done;
    next.append("/").append(name);
    found.used = absolute.size() - own;
    found.mount = table.remoteOf(next);
    if (found.mount != nullptr) return found;
    if (rest.empty() && !follows) return {};
    const sys::CachedFd fd(sys::findWithoutLinks(next.c_str(), true));
    if (fd < 0) return {};
    const long size = sys::readLinkCached(fd, target, sizeof target);
    if (size <= 0) {  // no link
      done = std::move(next);
      continue;
    }
    if (size == sizeof target || ++links > kMostLinks) return {};
    found.link = std::move(next);
    if (target[0] == '/') done.clear();
    rest.insert(0, "/").insert(0, target, static_cast<size_t>(size));
  }
  return {};
}

}  // namespace

// Made when the image is loaded: see core/runtime.cc.
Links& Links::instance() { return theLinks; }
Links& Links::theLinks = *new Links;

const Mount* Links::remoteOf(const MountTable& table, std::string_view absolute, bool follows, bool* plain) {
  *plain = true;
  if (!sys::hasCachedCalls()) return nullptr;
  const std::string path(absolute);
  const sys::CachedFd plainly(sys::findWithoutLinks(path.c_str(), !follows));
  const bool hasLinks = plainly == -ELOOP;
  *plain = plainly >= 0;
  Found found;
  if (hasLinks) {
    // Most links lead to local files.
    const sys::CachedFd end(sys::findCached(path.c_str(), follows));
    const Mount* at = end < 0 ? nullptr : table.byId(table.mountOf(end));
    if (at == nullptr || at->remote) found = walk(table, absolute, follows);
  }
  if (found.mount != nullptr) {
    while (found.used > 1 && absolute[found.used - 1] == '/') found.used--;
    learn(absolute.substr(0, found.used), found.mount->id);
    learn(found.link, found.mount->id);
  } else if (count_.load(std::memory_order_relaxed) > 0) {
    forget(absolute);
  }
  return found.mount;
}

const Mount* Links::shown(const MountTable& table, std::string_view absolute) {
  const Mount* mount = table.of(absolute);
  if (count_.load(std::memory_order_relaxed) == 0 || mount == nullptr || mount->remote) return mount;
  Lock lock(mutex_);
  for (const Known& known : known_) {
    const Mount* behind = isUnder(absolute, known.link) ? table.byId(known.mount) : nullptr;
    if (behind != nullptr) return behind;
  }
  return mount;
}

void Links::learn(std::string_view link, int mount) {
  Lock lock(mutex_);
  for (Known& known : known_) {
    if (known.link != link) continue;
    known.mount = mount;
    return;
  }
  if (known_.size() == kMostKnown) known_.erase(known_.begin());
  known_.push_back({std::string(link), mount});
  count_.store(known_.size(), std::memory_order_relaxed);
}

// The link leads elsewhere by now.
void Links::forget(std::string_view absolute) {
  Lock lock(mutex_);
  std::erase_if(known_, [absolute](const Known& known) { return isUnder(absolute, known.link); });
  count_.store(known_.size(), std::memory_order_relaxed);
}

}  // namespace pendingop
