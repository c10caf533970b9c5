// Holds up those who open a file, until it reads a line.
//   holder lease FILE       has a write lease on FILE, and does not give it up
//   holder fanotify PATH N  is asked for permission to open and to read what is on PATH's mount; answers N
//   times first holder autofs PLACE     is to mount what is looked up below PLACE
// Prints `on` when it does.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/auto_fs4.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

static int failed(const char* what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return 1;
}

static void on(void) {
  puts("on");
  fflush(stdout);
}

static int toldToEnd(void) {
  char line[16];
  return read(0, line, sizeof line) >= 0;
}

static int lease(const char* file) {
  const int fd = open(file, O_RDWR);
  signal(SIGIO, SIG_IGN);
  if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) != 0) return failed("lease");
  on();
  return !toldToEnd();
}

// Of one or more events, those that `left` allows.
static void answer(int fd, long* left) {
  struct fanotify_event_metadata events[64];
  const ssize_t size = read(fd, events, *left == 1 ? sizeof events[0] : sizeof events);
  ssize_t rest = size;
  for (struct fanotify_event_metadata* event = events; FAN_EVENT_OK(event, rest);
       event = FAN_EVENT_NEXT(event, rest)) {
    const struct fanotify_response response = {event->fd, FAN_ALLOW};
    if (write(fd, &response, sizeof response) < 0) return;
    close(event->fd);
    if (--*left == 0) return;
  }
}

static int fanotify(const char* path, long left) {
  const int fd = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY);
  if (fd < 0) return failed("fanotify_init");
  if (fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_MOUNT, FAN_OPEN_PERM | FAN_ACCESS_PERM, AT_FDCWD, path) != 0)
    return failed("fanotify_mark");
  on();
  for (;;) {
    struct pollfd ready[2] = {{0, POLLIN, 0}, {left > 0 ? fd : -1, POLLIN, 0}};
    if (poll(ready, 2, -1) < 0) return failed("poll");
    if (ready[1].revents != 0) answer(fd, &left);
    if (ready[0].revents != 0) return !toldToEnd();  // what waits is allowed when the last descriptor goes
  }
}

static int autofs(const char* place) {
  int ends[2];
  char options[128];
  setpgid(0, 0);  // the processes of this group are not made to wait
  if (pipe(ends) != 0) return failed("pipe");
  snprintf(options, sizeof options, "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", ends[1], (int)getpgrp());
  if (mount("held", place, "autofs", 0, options) != 0) return failed("mount");
  const int root = open(place, O_RDONLY | O_DIRECTORY);
  if (root < 0) return failed("open");
  on();
  const int ended = toldToEnd();
  ioctl(root, AUTOFS_IOC_CATATONIC, 0);
  close(root);
  umount2(place, MNT_DETACH);
  return !ended;
}

int main(int argc, char** argv) {
  if (argc == 3 && strcmp(argv[1], "lease") == 0) return lease(argv[2]);
  if (argc == 4 && strcmp(argv[1], "fanotify") == 0) return fanotify(argv[2], atol(argv[3]));
  if (argc == 3 && strcmp(argv[1], "autofs") == 0) return autofs(argv[2]);
  fprintf(stderr, "holder lease FILE | fanotify PATH N | autofs PLACE\n");
  return 2;
}
