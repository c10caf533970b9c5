// The first program of a process that pendingop starts without the descriptors of its own process
// (binding/sys/processes.h). It has only descriptor 3, a stream socket, over which that process sends what
// spawn() would have given a child. Then it executes the requested program.
//
// The request: a struct Request with the descriptors (SCM_RIGHTS), then `size` bytes of texts, each with a
// NUL at its end: the file, the arguments (the first one is argv[0]), the environment. If a step fails, an
// errno is sent back. The end of the stream says that the program has been executed.
#include "start.h"

#if defined(__linux__)
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

extern char** environ;

enum { SOCKET = 3, FAILED = 127, MOST_STREAMS = 16 };
enum { NEW_SESSION = 1 };

// lib/spawn/request.ts writes it.
struct Request {
  uint32_t size;       // of the texts, in bytes
  uint32_t arguments;  // their number
  uint32_t variables;  // their number
  uint32_t flags;
  int32_t priority;
  uint32_t streams;  // their number: descriptors 0, 1, …
  uint32_t given;    // a bit for each stream that was sent; the others are /dev/null
};

static int refuse(int socket, int error) {
  const ssize_t written = write(socket, &error, sizeof error);
  (void)written;
  return FAILED;
}

// Receives the descriptors and moves them above the numbers that they are to get. Returns false if the stream
// has ended.
static bool receive(int socket, struct Request* request, int* fds) {
  struct iovec data = {request, sizeof *request};
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(MOST_STREAMS * sizeof(int))];
  } control;
  struct msghdr message = {
      .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t size;
  do size = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  while (size < 0 && errno == EINTR);
  if (size != (ssize_t)sizeof *request) return false;
  for (size_t i = 0; i < MOST_STREAMS; i++) fds[i] = -1;
  const struct cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == NULL) return true;
  const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  memcpy(fds, CMSG_DATA(header), count * sizeof(int));
  for (size_t i = 0; i < count; i++) {
    if (fds[i] >= MOST_STREAMS) continue;
    const int moved = fcntl(fds[i], F_DUPFD_CLOEXEC, MOST_STREAMS);
    close(fds[i]);
    fds[i] = moved;
  }
  return true;
}

static bool readAll(int socket, char* to, size_t size) {
  while (size > 0) {
    const ssize_t got = read(socket, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= (size_t)got;
  }
  return true;
}

// Makes a list of `count` texts from `*at` on, with a null at its end, and moves `*at` behind them. Returns
// null if there is no memory.
static char** listOf(char** at, size_t count) {
  char** list = calloc(count + 1, sizeof *list);
  if (list == NULL) return NULL;
  for (size_t i = 0; i < count; i++) {
    list[i] = *at;
    *at += strlen(*at) + 1;
  }
  return list;
}

// Returns 0 or an errno. A descriptor that did not arrive found no room here.
static int placeStreams(const struct Request* request, const int* fds) {
  for (uint32_t i = 0, next = 0; i < request->streams && i < MOST_STREAMS; i++) {
    const bool given = (request->given >> i & 1) != 0;
    const int from = given ? fds[next++] : open("/dev/null", i == 0 ? O_RDONLY : O_RDWR);
    if (from < 0) return given ? EMFILE : errno;
    if (from != (int)i) {
      if (dup2(from, (int)i) < 0) return errno;
      close(from);
    }
    // As libuv does: few programs expect a non-blocking stream.
    const int flags = fcntl((int)i, F_GETFL);
    if (i <= 2 && (flags & O_NONBLOCK) != 0) fcntl((int)i, F_SETFL, flags & ~O_NONBLOCK);
  }
  return 0;
}

// A new program starts with these, whatever the task that made this process had.
static void resetSignals(void) {
  for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

// Never freed: exec drops them; if it fails, this process ends.
static char* texts;
static char** arguments;
static char** variables;

int start(void) {
  const int socket = fcntl(SOCKET, F_DUPFD_CLOEXEC, MOST_STREAMS);
  if (socket < 0) return FAILED;
  close(SOCKET);
  struct Request request;
  int fds[MOST_STREAMS];
  if (!receive(socket, &request, fds)) return FAILED;
  // One more NUL, whatever the texts are.
  texts = calloc((size_t)request.size + 1, 1);
  if (texts == NULL) return refuse(socket, ENOMEM);
  if (!readAll(socket, texts, request.size)) return FAILED;
  char* at = texts + strlen(texts) + 1;
  arguments = listOf(&at, request.arguments);
  variables = listOf(&at, request.variables);
  if (arguments == NULL || variables == NULL) return refuse(socket, ENOMEM);
  resetSignals();
  if ((request.flags & NEW_SESSION) != 0) setsid();
  setpriority(PRIO_PROCESS, 0, request.priority);
  const int failed = placeStreams(&request, fds);
  if (failed != 0) return refuse(socket, failed);
  environ = variables;
  execvp(texts, arguments);
  return refuse(socket, errno);
}

#else

int start(void) { return 127; }

#endif
