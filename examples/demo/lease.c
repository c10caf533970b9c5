// Holds a lease on a file until standard input ends. Until then, others who open the file wait. Linux only.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

int main(int count, char** arguments) {
  if (count != 2) return 2;
  // The signal that tells the holder that another program waits is ignored.
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
