// lock-all.exe <path>: locks all bytes of a file, as programs in Go and Rust do, until its standard input
// ends.
#include <stdio.h>
#include <windows.h>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const HANDLE file =
      CreateFileA(argv[1], GENERIC_READ | GENERIC_WRITE,
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING, 0, NULL);
  OVERLAPPED start = {0};
  const DWORD flags = LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY;
  const BOOL locked = LockFileEx(file, flags, 0, MAXDWORD, MAXDWORD, &start);
  puts(locked ? "held" : "refused");
  fflush(stdout);
  while (getchar() != EOF) {
  }
  return 0;
}
