// refusing ERRNO CALL[,CALL…] PROGRAM ARGS…    runs a program for which the named system calls fail, as below
// an old container's filter (EPERM) or on an old kernel (ENOSYS).
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Those that older headers lack have one number on every architecture.
static const struct {
  const char* name;
  int number;
} kCalls[] = {
    {"statx", SYS_statx},   {"preadv2", SYS_preadv2}, {"copy_file_range", SYS_copy_file_range},
    {"capget", SYS_capget},

    {"pidfd_open", 434},    {"clone3", 435},          {"close_range", 436},
    {"openat2", 437},       {"faccessat2", 439},      {"cachestat", 451},
    {"fchmodat2", 452},
};
enum { kCount = sizeof kCalls / sizeof *kCalls };

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const unsigned error = (unsigned)atoi(argv[1]);
  struct sock_filter filter[2 * kCount + 2];
  size_t at = 0;
  filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (char* name = strtok(argv[2], ","); name != NULL; name = strtok(NULL, ",")) {
    size_t i = 0;
    while (i < kCount && strcmp(kCalls[i].name, name) != 0) i++;
    if (i == kCount) return 2;
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)kCalls[i].number, 0, 1);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
  }
  filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const struct sock_fprog program = {(unsigned short)at, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 3;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 3;
  execv(argv[3], argv + 3);
  return 4;
}
