#include "control/aborting.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/clock.h"
#include "control/notices.h"
#include "control/reply.h"
#include "core/functions.h"
#include "core/mounts.h"
#include "core/router.h"
#include "core/runtime.h"
#include "core/survey.h"

namespace pendingop::control {

namespace {

// lib/mounts/abort.ts has the same numbers.
constexpr int kAttempts = 20;
constexpr int64_t kPause = 50 * kMillisecond;
constexpr int64_t kGrace = 100 * kMillisecond;
// Less than the time that a client waits (lib/cli/control/client.ts).
constexpr int64_t kLongest = 4 * kSecond;

bool startsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

std::unique_ptr<Aborting> Aborting::begin(const std::string& point, const Paths& paths, uint32_t uid,
                                          std::string* refusal) {
  Mounts::instance().refresh();
  const auto table = Mounts::instance().current();
  const Mount* found = nullptr;
  for (const Mount& mount : table->all()) {
    if (mount.visible && mount.point == point) found = &mount;
  }
  if (found == nullptr) {
    *refusal = refused("EINVAL", "There is no such mount");
    return nullptr;
  }
  const std::string& type = found->type;
  std::string connection;
  if (type == "fuse" || type == "fuseblk" || startsWith(type, "fuse.")) {
    connection = "/sys/fs/fuse/connections/" + std::to_string(found->minor) + "/abort";
  } else if (type == "nfs" || type == "nfs4") {
    // Not if other mounts share the superblock: they would fail for good as well. Not for NFS 3: locks on all
    // mounts of the server would hang afterwards (lib/mounts/abort.ts).
    const auto isOther = [found](const Mount& mount) {
      return mount.id != found->id && mount.major == found->major && mount.minor == found->minor;
    };
    if (type == "nfs4" && std::none_of(table->all().begin(), table->all().end(), isOther))
      connection =
          "/sys/fs/nfs/" + std::to_string(found->major) + ':' + std::to_string(found->minor) + "/shutdown";
  } else {
    const bool isCifs = type == "cifs" || type == "smb3" || type == "smbfs";
    *refusal = refused("ENOTSUP", "The mount is of type " + type +
                                      (isCifs ? ": on it that frees no call; interrupt them instead"
                                              : ": there is no connection to end"));
    return nullptr;
  }
  if (const int failed = Runtime::instance().start(); failed != 0) {
    *refusal = refused("EAGAIN", "The workers of the process cannot be started");
    return nullptr;
  }
  return std::unique_ptr<Aborting>(new Aborting(*found, paths, uid, std::move(connection)));
}

Aborting::Aborting(const Mount& mount, const Paths& paths, uint32_t uid, std::string connection)
    // The client never asks to be woken: the server polls.
    : client_(Client::open([](void*) {}, nullptr)),
      id_(mount.id),
      point_(mount.point),
      paths_(paths),
      uid_(uid),
      connection_(std::move(connection)),
      isFuse_(startsWith(mount.type, "fuse")),
      until_(nowNs() + kLongest) {
  if (connection_.empty())
    start(Code::umount, point_, {});
  else
    start(Code::writeFile, connection_, "1");
}

void Aborting::start(Code code, const std::string& path, std::string_view data) {
  Router router;
  Op* op = client_->allocate(0, *router.of(code, path, {}, sys::kNoDescriptor, false).pool);
  if (op == nullptr || !op->input.reserve(path.size() + 1 + data.size())) abort();  // there is no memory
  uint8_t* to = op->input.data();
  memcpy(to, path.c_str(), path.size() + 1);
  memcpy(to + path.size() + 1, data.data(), data.size());
  op->code = code;
  op->function = static_cast<uint8_t>(functions::numberOf("abort"));
  op->path = reinterpret_cast<const char*>(to);
  op->data = to + path.size() + 1;
  op->dataSize = data.size();
  op->i0 = O_WRONLY;
  op->queuedNs = nowNs();
  client_->submit(op);
  client_->flush();
  op_ = op;
  lookAt_ = 0;
}

std::string Aborting::step(int64_t now) {
  if (op_ != nullptr) {
    if (Event* event = client_->take()) {
      const bool wasWrite = op_->code == Code::writeFile;
      const int64_t result = event->outcome == Outcome::completed ? op_->result : -EINTR;
      client_->finish(event);
      op_ = nullptr;
      if (gone_) return done();
      return wasWrite ? written(result) : unmounted(result, now);
    }
    if (now >= lookAt_ && !gone_) {
      lookAt_ = now + kPause;
      // If nothing uses the mount, it is unmounted at once. NFS 4 then still says goodbye to its server and
      // waits for the answer, so the call is interrupted.
      if (op_->code == Code::umount && !isMounted()) {
        gone_ = true;
        client_->interrupt(op_, kGrace);
      }
    }
  } else if (now >= lookAt_) {
    start(Code::umount, point_, {});
  }
  if (now < until_) return {};
  return refused("ETIMEDOUT", "It is not over after 4 s: the kernel still works on it");
}

std::string Aborting::written(int64_t result) {
  if (result >= 0 && isFuse_) return done();
  if (isFuse_ && result != -ENOENT)
    return refused("EPERM", "To abort it takes its mounting user, or root, which this process is not");
  // The file is missing: the file system is not mounted any more, or this kernel's NFS has no such file.
  start(Code::umount, point_, {});
  return {};
}

std::string Aborting::unmounted(int64_t result, int64_t now) {
  switch (-result) {
    case 0:
      return done();
    case EBUSY: {  // still in use, but the calls have ended; a read may make another request
      const std::vector<Sight> left = survey(point_);
      const auto isOther = [](const Sight& sight) { return sight.code != Code::umount; };
      if (std::none_of(left.begin(), left.end(), isOther) || ++attempts_ == kAttempts) return done();
      lookAt_ = now + kPause;
      return {};
    }
    case EPERM:
    case EACCES:
      return refused("EPERM", "To abort it takes the right to unmount it (root)");
    case EINVAL:
      return refused("EINVAL", "There is no such mount");
    default:
      return refused("EIO",
                     std::string("To unmount it by force failed: ") + strerror(static_cast<int>(-result)));
  }
}

std::string Aborting::done() {
  notices::tell("abort", point_, uid_);
  Json json = begun();
  return ended(json.field("aborted", paths_.write(point_)));
}

bool Aborting::isMounted() const {
  Mounts::instance().refresh();
  return Mounts::instance().current()->byId(id_) != nullptr;
}

}  // namespace pendingop::control
