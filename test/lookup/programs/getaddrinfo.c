// In place of libc's: getaddrinfo() of names that say what becomes of them. What it is asked goes to
// $LOOKUP_LOG.
//   stall-*  waits until somebody opens and writes the FIFO $LOOKUP_FIFO
//   crash-*  ends the process
//   the rest is 192.0.2.7
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tell(const char* node) {
  char line[512];
  int length = snprintf(line, sizeof line, "%d %s\n", getpid(), node);
  int fd = open(getenv("LOOKUP_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, line, (size_t)length) != length) abort();
  close(fd);
}

int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints,
                struct addrinfo** result) {
  (void)service, (void)hints;
  tell(node);
  if (strncmp(node, "crash-", 6) == 0) _exit(9);
  if (strncmp(node, "stall-", 6) == 0) {
    char byte;
    int fd = open(getenv("LOOKUP_FIFO"), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, &byte, 1) < 0) return EAI_FAIL;
    close(fd);
  }
  // As freeaddrinfo() takes it: the address in the same piece of memory.
  struct addrinfo* info = calloc(1, sizeof *info + sizeof(struct sockaddr_in));
  if (info == NULL) return EAI_MEMORY;
  struct sockaddr_in* address = (struct sockaddr_in*)(info + 1);
  address->sin_family = AF_INET;
  inet_pton(AF_INET, "192.0.2.7", &address->sin_addr);
  info->ai_family = AF_INET;
  info->ai_socktype = SOCK_STREAM;
  info->ai_addrlen = sizeof *address;
  info->ai_addr = (struct sockaddr*)address;
  *result = info;
  return 0;
}
