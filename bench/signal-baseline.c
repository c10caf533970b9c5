// The least that ending a blocked call can cost: a thread blocked in read() or open() of a FIFO,
// pthread_kill, and the wait until the thread has left the call. The bench compares its own interrupts with
// this, slice by slice.
//
//   signal-baseline FIFO read|open join|handback SAMPLES
//
// join: a thread for each sample, waited for with pthread_join. handback: one thread, which says through an
// eventfd that it has left the call, as a worker of a pool would. Prints a latency in nanoseconds on each
// line.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const char* fifoPath;
static int fifo = -1;  // opened for reading and writing: a read finds no data and no end of file
static int blockInOpen;
static int handback;
static int events;
static atomic_int threadId;

static void onSignal(int number) { (void)number; }

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

// Returns once the call has been ended by the signal; anything else is a fault of the bench.
static void block(void) {
  char byte;
  long result = blockInOpen ? open(fifoPath, O_RDONLY | O_CLOEXEC) : read(fifo, &byte, 1);
  if (result >= 0 || errno != EINTR) fail("the call was not interrupted");
}

static void* run(void* unused) {
  (void)unused;
  atomic_store(&threadId, (int)syscall(SYS_gettid));
  do {
    block();
    uint64_t one = 1;
    if (handback && write(events, &one, sizeof one) != sizeof one) fail("eventfd");
  } while (handback);
  return NULL;
}

// The gate before each sample: the kernel says that the thread sleeps in the call that it is to be signalled
// in.
static void waitUntilBlocked(void) {
  const long wanted = blockInOpen ? SYS_openat : SYS_read;
  char path[64];
  while (atomic_load(&threadId) == 0) sched_yield();
  snprintf(path, sizeof path, "/proc/self/task/%d/syscall", atomic_load(&threadId));
  for (;;) {
    char text[128] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) fail(path);
    close(fd);
    char* end;
    long number = strtol(text, &end, 10);
    if (end != text && *end == ' ' && number == wanted) return;
    sched_yield();
  }
}

static void startThread(pthread_t* thread) {
  atomic_store(&threadId, 0);
  if (pthread_create(thread, NULL, run, NULL) != 0) fail("pthread_create");
}

int main(int argc, char** argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: %s FIFO read|open join|handback SAMPLES\n", argv[0]);
    return 2;
  }
  fifoPath = argv[1];
  blockInOpen = strcmp(argv[2], "open") == 0;
  handback = strcmp(argv[3], "handback") == 0;
  if (!blockInOpen && (fifo = open(fifoPath, O_RDWR | O_CLOEXEC)) < 0) fail(fifoPath);
  if ((events = eventfd(0, EFD_CLOEXEC)) < 0) fail("eventfd");

  struct sigaction action = {.sa_handler = onSignal};  // no SA_RESTART
  if (sigaction(SIGRTMIN, &action, NULL) != 0) fail("sigaction");

  pthread_t thread;
  if (handback) startThread(&thread);
  for (int sample = atoi(argv[4]); sample > 0; sample--) {
    if (!handback) startThread(&thread);
    waitUntilBlocked();
    uint64_t left;
    const int64_t begin = now();
    if (pthread_kill(thread, SIGRTMIN) != 0) fail("pthread_kill");
    if (handback) {
      if (read(events, &left, sizeof left) != sizeof left) fail("eventfd");
    } else {
      pthread_join(thread, NULL);
    }
    printf("%lld\n", (long long)(now() - begin));
  }
  fflush(stdout);
  _exit(0);
}
