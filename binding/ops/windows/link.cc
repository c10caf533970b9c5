// Links: symbolic ones have a type there, which says what they lead to.
#include "ops/ops.h"
#include "ops/windows/path.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {
// lib/node/windows.ts has the same, beside libuv's UV_FS_SYMLINK_DIR and UV_FS_SYMLINK_JUNCTION.
constexpr int kByTarget = -1;
constexpr int kToDirectory = 1;
}  // namespace

// op.data: what the target leads to from where the link is, to be looked at, if the type is to be found.
int64_t symlink(Op& op) {
  int type = op.i0;
  if (type == kByTarget) {
    int64_t fields[kStatFields];
    const long r = sys::stat(op, reinterpret_cast<const char*>(op.data), true, fields);
    if (r == -EINTR) return r;
    type = r == 0 && S_ISDIR(fields[1]) ? kToDirectory : 0;
  }
  return sys::symlink(op, op.path, op.dest, type);
}

int64_t readlink(Op& op) {
  return textOp(op, Call::readlinkat, sys::kReads, pointerText, sys::uv::fs::readlink, op.path);
}

int64_t realpath(Op& op) {
  const char* path = op.dataSize > 0 ? reinterpret_cast<const char*>(op.data) : op.path;
  return textOp(op, Call::readlinkat, sys::kReads, pointerText, sys::uv::fs::realpath, path);
}

}  // namespace pendingop::ops
