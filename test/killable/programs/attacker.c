// Loaded into a process before all else (LD_PRELOAD): what native code in it may try. SIGUSR2 has it do what
// the environment variable ATTACK says:
//   patch            replaces the function with which the addon makes its system calls, so that whoever comes
//   there
//                    and still is root writes the file that LOOT names
//   setresuid        gives all ids up as a C library would, past what the package sees of JavaScript
//   capset           gives all capabilities up, of the calling thread alone
//   groups           joins 200 groups
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char* loot;

// No libc that has an errno: whoever runs here may be a task without one.
static long raw(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#else
  (void)number, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
  return -ENOSYS;
#endif
}

static long replaced(const void* state, long number, long a, long b, long c, long d, long e, long f) {
  (void)state;
  if (raw(SYS_geteuid, 0, 0, 0, 0, 0, 0) == 0) {
    const long fd = raw(SYS_openat, AT_FDCWD, (long)loot, O_WRONLY | O_CREAT, 0644, 0, 0);
    if (fd >= 0) raw(SYS_close, fd, 0, 0, 0, 0, 0);
  }
  return raw(number, a, b, c, d, e, f);
}

// How syscall_x86_64.S begins.
static const uint8_t kBegin[] = {0x53, 0x48, 0x89, 0xfb, 0x48, 0x89, 0xf0,
                                 0x48, 0x89, 0xd7, 0x48, 0x89, 0xce};

static int patch(void) {
  FILE* maps = fopen("/proc/self/maps", "r");
  char line[4096];
  int patched = 0;
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    unsigned long from, to;
    char access[5];
    if (strstr(line, "pendingop") == NULL || sscanf(line, "%lx-%lx %4s", &from, &to, access) != 3 ||
        access[2] != 'x')
      continue;
    uint8_t* found = memmem((void*)from, to - from, kBegin, sizeof kBegin);
    if (found == NULL || mprotect((void*)from, to - from, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) continue;
    uint8_t jump[] = {0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0};  // movabs $…, %rax; jmp *%rax
    const uintptr_t target = (uintptr_t)&replaced;
    memcpy(jump + 2, &target, sizeof target);
    memcpy(found, jump, sizeof jump);
    patched++;
  }
  if (maps != NULL) fclose(maps);
  return patched == 1;
}

static int dropCapabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {0};
  return syscall(SYS_capset, &header, none) == 0;
}

static int joinGroups(void) {
  gid_t groups[200];
  for (int i = 0; i < 200; i++) groups[i] = 1000 + (gid_t)i;
  return setgroups(200, groups) == 0;
}

static void attack(int number) {
  (void)number;
  const char* what = getenv("ATTACK");
  int done = 0;
  if (strcmp(what, "patch") == 0) done = patch();
  if (strcmp(what, "setresuid") == 0)
    done =
        setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0;
  if (strcmp(what, "capset") == 0) done = dropCapabilities();
  if (strcmp(what, "groups") == 0) done = joinGroups();
  if (!done) _exit(99);
}

__attribute__((constructor)) static void begin(void) {
  loot = getenv("LOOT");
  if (getenv("ATTACK") != NULL) signal(SIGUSR2, attack);
}
