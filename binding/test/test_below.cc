// Ops on names below a directory that is held open: what they do there, and that no link on the way is
// followed. Then the same on a kernel, or under a seccomp filter, without openat2 and fchmodat2.
#include "ops/ops.h"
#include "sys/task.h"
#include "test/harness.h"

#if defined(__linux__)
#include "test/seccomp.h"
#endif

using namespace pendingop;
using namespace pendingop::test;

namespace {

class Below {
 public:
  explicit Below(bool killable)
      : killable_(killable), env_(killable ? &Runtime::instance().tasks() : nullptr) {}

  void run() {
    for (const char* name : {"top", "top/a", "top/a/b", "outside", "outside/b"})
      CHECK_EQ(mkdir((dir_ / name).c_str(), 0755), 0);
    for (const char* name : {"top/a/b/file", "outside/file", "outside/b/file"}) dir_.write(name, "content");
    // The first task that opens a file makes something that stays: it must not count as a leak.
    closeAt(does(Code::opendir, dir_ / "top").value);
    const int before = openDescriptors();
    Result top = does(Code::opendir, dir_ / "top", {}, ops::kOpensForPlaces);
    CHECK(top.value >= 0);
    top_ = {sys::Descriptor(top.value), 1, false};
    there();
    moved();
    replaced();
    closeAt(top_.directory);
    CHECK_EQ(openDescriptors(), before);
  }

 private:
  Result does(Code code, std::string_view path, Base base = {}, int i0 = 0, int i1 = 0) {
    Op* op = env_.make(code, path);
    op->base = base;
    op->i0 = i0;
    op->i1 = i1;
    return env_.run(op);
  }
  Result copies(std::string_view from, Base base, std::string_view to, Base toBase) {
    Op* op = env_.make(Code::copyFile, from, to);
    op->base = base;
    op->destBase = toBase;
    op->i0 = 0;
    return env_.run(op);
  }
  Base top(uint16_t names, bool follows = false) const { return {top_.directory, names, follows}; }
  static void closeAt(int64_t fd) { CHECK_EQ(close(static_cast<int>(fd)), 0); }
  unsigned modeOf(const std::string& name) const {
    struct stat s;
    CHECK_EQ(lstat((dir_ / name).c_str(), &s), 0);
    return s.st_mode & 0777;
  }

  // By one name, and by several.
  void there() {
    CHECK_EQ(does(Code::lstat, dir_ / "top/a", top(1)).value, 0);
    CHECK_EQ(does(Code::lstat, dir_ / "top/a/b/file", top(3)).value, 0);
    CHECK_EQ(does(Code::lstat, dir_ / "top/a/none", top(2)).value, -ENOENT);
    CHECK_EQ(does(Code::chmod, dir_ / "top/a/b/file", top(3), 0, 0604).value, 0);
    CHECK_EQ(modeOf("top/a/b/file"), 0604);
    CHECK_EQ(does(Code::mkdir, dir_ / "top/a/made", top(2), 0, 0700).value, 0);
    CHECK_EQ(copies(dir_ / "top/a/b/file", top(3), dir_ / "top/a/copy", top(2)).value, 0);
    const Result listed = does(Code::opendir, dir_ / "top/a", top(1), ops::kOpensListed);
    CHECK(listed.value >= 0);
    CHECK_EQ(listed.bytes, "2b/1copy/2made/");
    closeAt(listed.value);
    CHECK_EQ(does(Code::scan, dir_ / "top/a", top(1)).value, 3);
    CHECK_EQ(does(Code::rmdir, dir_ / "top/a/made", top(2)).value, 0);
    CHECK_EQ(does(Code::unlink, dir_ / "top/a/copy", top(2)).value, 0);
    const std::string longest = dir_ / ("top/" + std::string(PATH_MAX, 'x') + "/y");
    CHECK_EQ(does(Code::lstat, longest, top(2)).value, -ENAMETOOLONG);
  }

  // Names below the directory are found wherever it was moved to. Files that a task opens are found by its
  // path only.
  void moved() {
    CHECK_EQ(rename((dir_ / "top").c_str(), (dir_ / "away").c_str()), 0);
    CHECK_EQ(does(Code::lstat, dir_ / "top/a", top(1)).value, 0);
    const int64_t looked = does(Code::lstat, dir_ / "top/a/b", top(2)).value;
    CHECK(looked == 0 || (killable_ && looked == -ENOENT));
    CHECK_EQ(does(Code::unlink, dir_ / "top/a/b/none", top(3)).value, -ENOENT);
    CHECK_EQ(rename((dir_ / "away").c_str(), (dir_ / "top").c_str()), 0);
  }

  void replaced() {
    CHECK_EQ(rename((dir_ / "top/a").c_str(), (dir_ / "a").c_str()), 0);
    CHECK_EQ(symlink("../outside", (dir_ / "top/a").c_str()), 0);
    for (const Code code : {Code::lstat, Code::unlink, Code::chmod, Code::utimes})
      CHECK(isRefused(does(code, dir_ / "top/a/file", top(2)).value));
    CHECK(isRefused(does(Code::rmdir, dir_ / "top/a/b", top(2)).value));
    CHECK(isRefused(does(Code::mkdir, dir_ / "top/a/new", top(2)).value));
    CHECK(isRefused(does(Code::readdir, dir_ / "top/a/b", top(2)).value));
    CHECK(isRefused(does(Code::opendir, dir_ / "top/a/b", top(2), ops::kOpensListed).value));
    CHECK(isRefused(does(Code::scan, dir_ / "top/a/b", top(2)).value));
    CHECK(isRefused(does(Code::scan, dir_ / "top/a", top(1)).value));
    CHECK(isRefused(does(Code::opendir, dir_ / "top/a", top(1)).value));
    CHECK(isRefused(copies(dir_ / "top/a/file", top(2), dir_ / "top/copy", top(1)).value));
    CHECK(isRefused(copies(dir_ / "outside/file", {}, dir_ / "top/a/copy", top(2)).value));
    // A link as the last name.
    CHECK_EQ(symlink("../outside/file", (dir_ / "top/link").c_str()), 0);
    const unsigned mode = modeOf("outside/file");
    const int64_t changed = does(Code::chmod, dir_ / "top/link", top(1), 0, 0611).value;
    CHECK(changed == -EOPNOTSUPP || isRefused(changed));
    CHECK_EQ(modeOf("outside/file"), mode);
    CHECK(isRefused(copies(dir_ / "top/link", top(1), dir_ / "top/copy", top(1)).value));
    CHECK(isRefused(copies(dir_ / "outside/file", {}, dir_ / "top/link", top(1)).value));
    // Links are followed if asked for, as by cp with `dereference`.
    CHECK_EQ(does(Code::lstat, dir_ / "top/a/file", top(2, true)).value, 0);
    CHECK_EQ(copies(dir_ / "top/link", top(1, true), dir_ / "top/a/copy", top(2, true)).value, 0);
    CHECK_EQ(access((dir_ / "outside/copy").c_str(), F_OK), 0);
  }

  static bool isRefused(int64_t result) {
    return result == -ELOOP || result == -ENOTDIR || result == -EMLINK;
  }

  const bool killable_;
  TempDir dir_;
  Env env_;
  Base top_;
};

void runAll() {
  Below(false).run();
  if (!sys::tasksRefused()) Below(true).run();
}

#if defined(__linux__)
void refuseNewerCalls() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 1, 0),  // openat2
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 452, 0, 1),  // fchmodat2
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  filterCalls(filter);
}
#endif

}  // namespace

int main() {
  watchdog(120);
  startPool();
  runAll();
#if defined(__linux__)
  refuseNewerCalls();
  runAll();
#endif
  // _exit() skips the search of a sanitizer for leaks, which fails under the filter.
  _exit(0);
}
