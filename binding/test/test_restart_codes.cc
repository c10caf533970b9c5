// The kernel's own restart codes, 512 to 516, which some file systems return to programs. If the op was not
// interrupted, they are errors like any other.
#include <errno.h>

#include "test/harness.h"

using namespace pendingop;
using namespace pendingop::test;

#if defined(PENDINGOP_BACKEND_LINUX)
#include "test/seccomp.h"

namespace {

// From now on this call returns that number, whoever makes it, without being made.
void answer(int call, unsigned code) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | code),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  filterCalls(filter);
}

}  // namespace

int main() {
  watchdog();
  answer(SYS_fsync, 512);
  answer(SYS_fdatasync, 516);
  answer(SYS_fchmod, 511);  // no such code
  startPool();
  const TempDir dir;
  const int fd = open(dir.write("file", "").c_str(), O_RDWR | O_CLOEXEC);
  Env env;
  const auto run = [&](Code code) {
    Op* op = env.make(code);
    op->fd = sys::Descriptor(fd);
    return env.run(op);
  };
  for (const Code code : {Code::fsync, Code::fdatasync}) {
    const Result r = run(code);
    CHECK_EQ(r.outcome, Outcome::completed);
    CHECK_EQ(r.value, -EIO);
    CHECK(!r.tookEffect);
  }
  CHECK_EQ(run(Code::fchmod).value, -511);
  close(fd);
}
#else
int main() {}  // libc makes no raw calls
#endif
