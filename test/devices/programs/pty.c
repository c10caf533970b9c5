// A terminal without a screen: prints the path of its other side, types what comes on standard input, and is
// gone at its end. It reads nothing that is written to it. With "raw" it is a serial line: every byte as it
// is.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

int main(int argc, char** argv) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) return perror("pty"), 1;
  // Kept open: a master whose other side nobody has open reads and writes differently.
  int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  struct termios settings;
  if (slave < 0 || tcgetattr(slave, &settings) != 0) return perror("tty"), 1;
  if (argc > 1 && strcmp(argv[1], "raw") == 0) cfmakeraw(&settings);
  settings.c_lflag &= ~(tcflag_t)ECHO;
  if (tcsetattr(slave, TCSANOW, &settings) != 0) return perror("tty"), 1;
  printf("%s\n", ptsname(master));
  fflush(stdout);
  char bytes[256];
  for (ssize_t got; (got = read(0, bytes, sizeof bytes)) > 0;) {
    if (write(master, bytes, (size_t)got) != got) return perror("typing"), 1;
  }
  return 0;
}
