// A filter of system calls for the rest of the process.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "test/harness.h"

namespace pendingop::test {

template <size_t N>
void filterCalls(sock_filter (&filter)[N]) {
  const sock_fprog program{N, filter};
  CHECK_EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  CHECK_EQ(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

}  // namespace pendingop::test
