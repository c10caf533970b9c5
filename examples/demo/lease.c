// Holds a lease on the file it is given until its standard input ends: whoever opens the file meanwhile
// waits. Linux.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  // What tells the holder that somebody waits; this one does not care.
  signal(SIGIO, SIG_IGN);
  const int fd = open(arguments[1], O_RDWR);
  if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK) != 0) {
    perror("lease");
    return 1;
  }
  puts("held");
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
