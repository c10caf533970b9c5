// Directories made with more than one call: mkdir with `recursive`, mkdtemp.
#include <cstring>
#include <string>

#include "ops/ops.h"
#include "ops/windows/path.h"
#include "sys/sys.h"

namespace pendingop::ops {

namespace {

bool isSeparator(char c) { return c == '\\' || c == '/'; }

// 0: it is a directory.
int64_t whatIs(Op& op, const char* path, bool above) {
  int64_t fields[kStatFields];
  const long r = sys::stat(op, path, true, fields);
  if (r == 0 && S_ISDIR(fields[1])) return 0;
  if (r == -EINTR) return r;
  if (r == 0) return above ? -ENOTDIR : -EEXIST;
  return r;
}

// Where the part above begins to be missed; 0 when nothing is above.
size_t parentEnd(const std::string& path, size_t end) {
  while (end > 0 && !isSeparator(path[end - 1])) end--;
  return end > 1 ? end - 1 : 0;
}

}  // namespace

// As MKDirpSync of Node's. The output is the first directory made, or the part of the path that failed.
int64_t mkdirp(Op& op) {
  const std::string whole = op.path;
  const auto failed = [&](size_t end, int64_t result) {
    return end == whole.size() || setOutput(op, whole.substr(0, end).c_str()) ? result : -ENOMEM;
  };
  size_t end = whole.size();
  size_t made = 0;
  for (;;) {
    const std::string path = whole.substr(0, end);
    const long r = sys::mkdir(op, path.c_str(), static_cast<unsigned>(op.i1));
    if (r == 0) {
      if (made == 0) made = end;
    } else if (r == -ENOENT && made == 0) {
      const size_t above = parentEnd(whole, end);
      if (above == 0 || above == end) return failed(end, r);
      end = above;
      continue;
    } else if (r == -EINTR || r == -EACCES || r == -ENOSPC || r == -ENOTDIR || r == -EPERM) {
      return failed(end, r);
    } else if (const int64_t other = whatIs(op, path.c_str(), end < whole.size()); other != 0) {
      return failed(end, other);
    }
    if (end == whole.size()) break;
    while (end < whole.size() && isSeparator(whole[end])) end++;
    while (end < whole.size() && !isSeparator(whole[end])) end++;
  }
  return made == 0 || setOutput(op, whole.substr(0, made).c_str()) ? 0 : -ENOMEM;
}

// The output is the directory's name, or after a failure what stands for its end.
int64_t mkdtemp(Op& op) {
  static const char kTemplate[] = "XXXXXX";
  const std::string prefix = std::string(op.path) + kTemplate;
  const int64_t r = textOp(
      op, Call::mkdirat, sys::kChanges, [](sys::Request& request) { return sys::uv::pathOf(request.get()); },
      sys::uv::fs::mkdtemp, prefix.c_str());
  if (r >= 0) return 0;
  return setOutput(op, kTemplate) ? r : -ENOMEM;
}

}  // namespace pendingop::ops
