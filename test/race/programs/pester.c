// pester PID SIGNAL INTERVAL_US NAME: sends SIGNAL to each thread of PID whose name begins with NAME, again
// and again, until its standard input ends; then says how many it has sent.
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int isNamed(const char* pid, const char* task, const char* name) {
  char path[128], comm[64] = "";
  snprintf(path, sizeof path, "/proc/%.20s/task/%.20s/comm", pid, task);
  FILE* file = fopen(path, "r");
  if (file == NULL) return 0;
  char* line = fgets(comm, sizeof comm, file);
  fclose(file);
  return line != NULL && strncmp(comm, name, strlen(name)) == 0;
}

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  const int pid = atoi(argv[1]), signal = atoi(argv[2]), interval = atoi(argv[3]);
  char tasks[64];
  snprintf(tasks, sizeof tasks, "/proc/%d/task", pid);
  long sent = 0;
  struct pollfd input = {.fd = 0, .events = POLLIN};
  for (long round = 0; poll(&input, 1, 0) == 0; round++) {
    DIR* dir = opendir(tasks);
    if (dir == NULL) break;
    for (struct dirent* entry; (entry = readdir(dir)) != NULL;) {
      if (entry->d_name[0] == '.' || !isNamed(argv[1], entry->d_name, argv[4])) continue;
      if (syscall(SYS_tgkill, pid, atoi(entry->d_name), signal) == 0) sent++;
    }
    closedir(dir);
    if (round == 0) {
      puts("on");
      fflush(stdout);
    }
    usleep((useconds_t)interval);
  }
  printf("sent %ld\n", sent);
  return 0;
}
