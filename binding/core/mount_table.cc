#include "core/mount_table.h"

#include <algorithm>
#include <charconv>

#include "core/mount_types.h"
#include "core/path_text.h"
#include "sys/cached.h"
#include "sys/drives.h"
#include "sys/mountinfo.h"
#include "sys/remote.h"

namespace pendingop {

namespace {

bool startsWith(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

// Takes the text up to the next `separator`, and the separator.
std::string_view takeField(std::string_view* text, char separator) {
  const size_t end = text->find(separator);
  const std::string_view field = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return field;
}

template <typename T>
bool parseNumber(std::string_view text, T* number) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return failed == std::errc() && end == text.data() + text.size();
}

Atime atimeOf(std::string_view options) {
  bool relative = false;
  while (!options.empty()) {
    const std::string_view option = takeField(&options, ',');
    if (option == "noatime" || option == "ro") return Atime::never;
    relative = relative || option == "relatime";
  }
  return relative ? Atime::relative : Atime::always;
}

// Takes the entries of overlay's lowerdir. A colon within a path has a backslash before it. Two colons begin
// layers that only have data.
void takeLayers(std::string_view list, std::vector<std::string>* layers) {
  std::string path;
  for (size_t i = 0; i <= list.size(); i++) {
    if (i == list.size() || list[i] == ':') {
      if (startsWith(path, "/")) layers->push_back(path);
      path.clear();
    } else {
      if (list[i] == '\\' && i + 1 < list.size()) i++;
      path += list[i];
    }
  }
}

// A comma within a value is written as a backslash and octal digits.
void parseLayers(std::string_view options, Mount* mount) {
  if (mount->type == "ecryptfs") mount->layers.push_back(mount->source);
  if (mount->type == "subst") mount->layers.push_back(windowsPlace(mount->source));
  if (mount->type != "overlay") return;
  while (!options.empty()) {
    std::string_view option = takeField(&options, ',');
    const std::string_view key = takeField(&option, '=');
    if (key == "lowerdir" || key == "lowerdir+" || key == "datadir+" || key == "upperdir")
      takeLayers(unescaped(option), &mount->layers);
  }
}

// id parent major:minor root point options [optional fields] - type source options
bool parseLine(std::string_view line, Mount* mount) {
  if (!parseNumber(takeField(&line, ' '), &mount->id) || !parseNumber(takeField(&line, ' '), &mount->parent))
    return false;
  std::string_view device = takeField(&line, ' ');
  if (!parseNumber(takeField(&device, ':'), &mount->major) || !parseNumber(device, &mount->minor))
    return false;
  mount->root = unescaped(takeField(&line, ' '));
  mount->point = unescaped(takeField(&line, ' '));
  mount->atime = atimeOf(takeField(&line, ' '));
  for (std::string_view field = takeField(&line, ' '); field != "-"; field = takeField(&line, ' ')) {
    if (line.empty()) return false;
  }
  mount->type = unescaped(takeField(&line, ' '));
  mount->source = unescaped(takeField(&line, ' '));
  parseLayers(takeField(&line, ' '), mount);
  mount->remote = isRemote(mount->type);
  mount->place = startsWith(mount->point, "/") ? mount->point : windowsPlace(mount->point);
  return !mount->place.empty() && !mount->type.empty();
}

// Returns the folder above, "/" at last; empty: there is nothing above.
std::string_view above(std::string_view path) {
  if (path.size() <= 1) return {};
  return path.substr(0, std::max<size_t>(path.rfind('/'), 1));
}

// Returns whether it is an absolute path without '.', '..', '//' or a '/' at its end.
bool isNormal(std::string_view path) {
  if (path.size() > 1 && path.back() == '/') return false;
  for (size_t i = path.find('/'); i != std::string_view::npos; i = path.find('/', i + 1)) {
    if (i + 1 < path.size() && (path[i + 1] == '/' || path[i + 1] == '.')) return false;
  }
  return true;
}

std::string normalised(std::string_view path) {
  std::string normal;
  while (!path.empty()) {
    const std::string_view name = takeField(&path, '/');
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      normal.resize(normal.empty() ? 0 : normal.rfind('/'));
    } else {
      normal += '/';
      normal += name;
    }
  }
  return normal.empty() ? "/" : normal;
}

// The mount point was removed while it was mounted on. No path leads there, whatever its text.
bool isDeleted(const Mount& mount) {
  static constexpr std::string_view kMark = "//deleted";
  return mount.place.size() >= kMark.size() &&
         std::string_view(mount.place).substr(mount.place.size() - kMark.size()) == kMark;
}

}  // namespace

MountTable::MountTable(std::string_view mountinfo, FilesOfDevice filesOf) {
  while (!mountinfo.empty()) {
    Mount mount;
    if (!parseLine(takeField(&mountinfo, '\n'), &mount)) continue;
    // File systems without a device have the major number 0.
    if (filesOf != nullptr && mount.major != 0) {
      for (std::string& file : filesOf(mount.major, mount.minor)) mount.layers.push_back(std::move(file));
    }
    mounts_.push_back(std::move(mount));
  }
  for (size_t i = 0; i < mounts_.size(); i++) byId_[mounts_[i].id] = i;
  findVisible();
  findRemoteLayers();
  for (const Mount& mount : mounts_) {
    ofWindows_ = ofWindows_ || mount.place != mount.point;
    anyRemote_ = anyRemote_ || mount.remote;
    tellMount_ = tellMount_ && (isLocal(mount.type) || isKernels(mount.type) || tellsMount(mount.type));
    if (mount.remote && mount.visible) remote_.push_back(&mount);
  }
  std::sort(remote_.begin(), remote_.end(),
            [](const Mount* a, const Mount* b) { return a->place.size() > b->place.size(); });
}

// A layer may lie on another mount of the kind.
void MountTable::findRemoteLayers() {
  const auto isOnRemote = [this](const std::string& layer) {
    for (std::string_view at = layer; !at.empty(); at = above(at)) {
      const auto found = visible_.find(at);
      if (found != visible_.end() && mounts_[found->second].remote) return true;
    }
    return false;
  };
  for (bool again = true; again;) {
    again = false;
    for (Mount& mount : mounts_) {
      if (mount.remote || !std::any_of(mount.layers.begin(), mount.layers.end(), isOnRemote)) continue;
      mount.remote = again = true;
    }
  }
}

// Walks as the kernel does: from the root into the first mount that it meets, and on from there. No path
// leads to a mount on a mount that is itself covered, or beneath a folder that is.
void MountTable::findVisible() {
  using Points = std::unordered_map<std::string_view, size_t>;
  static constexpr int kOutside = -1;
  // By the mount that they are on. Of two on the same mount point the later one is found.
  std::unordered_map<int, Points> children;
  for (size_t i = 0; i < mounts_.size(); i++) {
    const Mount& mount = mounts_[i];
    if (isDeleted(mount)) continue;
    const bool top = mount.parent == mount.id || byId(mount.parent) == nullptr;
    // Absolute paths begin in the process's root itself: a mount over "/" is not entered.
    if (!top && mount.place == "/") continue;
    children[top ? kOutside : mount.parent][mount.place] = i;
  }

  std::vector<int> entered{kOutside};
  while (!entered.empty()) {
    const auto found = children.find(entered.back());
    entered.pop_back();
    if (found == children.end()) continue;
    const Points points = std::move(found->second);
    children.erase(found);  // so that a contradictory list cannot lead in a circle
    for (const auto& [point, index] : points) {
      bool covered = false;
      for (std::string_view at = above(point); at.size() > 1 && !covered; at = above(at))
        covered = points.contains(at);
      if (covered) continue;
      visible_[point] = index;  // covers the mount that it is on, if that has the same mount point
      entered.push_back(mounts_[index].id);
    }
  }
  for (const auto& [point, index] : visible_) mounts_[index].visible = true;
}

const Mount* MountTable::innermost(std::string_view normal) const {
  for (std::string_view at = normal; !at.empty(); at = above(at)) {
    const auto found = visible_.find(at);
    if (found != visible_.end()) return &mounts_[found->second];
  }
  return nullptr;
}

std::string_view MountTable::placeOf(std::string_view absolute, std::string* buffer) const {
  if (ofWindows_) {
    *buffer = windowsPlace(absolute);
    absolute = *buffer;
  }
  if (!startsWith(absolute, "/")) return {};
  return isNormal(absolute) ? absolute : *buffer = normalised(absolute);
}

const Mount* MountTable::of(std::string_view absolute) const {
  std::string buffer;
  return innermost(placeOf(absolute, &buffer));
}

const Mount* MountTable::remoteOf(std::string_view absolute) const {
  if (remote_.empty()) return nullptr;
  std::string buffer;
  const std::string_view place = placeOf(absolute, &buffer);
  for (const Mount* mount : remote_) {
    if (isUnder(place, mount->place)) return mount;
  }
  return nullptr;
}

// To ask the file's mount takes one system call. The text of /proc asks no file system, and takes four.
int MountTable::mountOf(sys::Descriptor fd) const {
  const int mount = tellMount_ ? sys::mountOfCached(fd) : -1;
  return mount >= 0 ? mount : sys::mountOf(fd);
}

const Mount* MountTable::byId(int id) const {
  const auto found = byId_.find(id);
  return found == byId_.end() ? nullptr : &mounts_[found->second];
}

}  // namespace pendingop
