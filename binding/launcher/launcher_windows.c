// pendingop-launcher.exe: runs one command. Ends the command and every process below it when the parent
// orders that, or is gone. The arguments, the orders and the reports are those of launcher.c.
//
// The command is born in a job (a job object of Windows), and nothing that it starts can leave that. The job
// is killed with its last handle, which is this process's: so also if this process is killed, as libuv does
// to its children when the parent ends.
//
// Windows has no signals. Every one of them but SIGKILL is the console's Ctrl-Break for the group of the
// command, which programs can handle, and which ends those that do not.
#include <io.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>

enum { ORDERS = 3, REPORT = 4, RELEASE = 0, KILL_ALL = 255, START_FAILED = 127, POLL_MS = 20 };
enum { SIGNAL_KILL = 9 };
// The exit code of what was killed by this process.
enum { KILLED = 0x504F4B09 };
// libuv's numbers.
enum { UV_E2BIG = 4093, UV_EACCES = 4092, UV_EFTYPE = 4028, UV_EINVAL = 4071, UV_ENAMETOOLONG = 4064 };
enum { UV_ENOENT = 4058, UV_ENOMEM = 4057, UV_ENOTDIR = 4052, UV_EPERM = 4048, UV_UNKNOWN = 4094 };

static HANDLE job;
static HANDLE released;  // an event: what is left of the command is to be left alone
static HANDLE orders;
static HANDLE report;
static PROCESS_INFORMATION leader;
static volatile LONG killing;
static volatile LONG asked;  // the last signal

static void say(const char* word, unsigned long number, const char* step) {
  char line[128];
  const int length = snprintf(line, sizeof line, "%s %lu%s\n", word, number, step);
  DWORD written;
  WriteFile(report, line, (DWORD)length, &written, NULL);
}

static int errnoOf(DWORD error) {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_INVALID_DRIVE:
    case ERROR_BAD_PATHNAME:
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
      return UV_ENOENT;
    case ERROR_DIRECTORY:
      return UV_ENOTDIR;
    case ERROR_ACCESS_DENIED:
      return UV_EPERM;
    case ERROR_ELEVATION_REQUIRED:
      return UV_EACCES;
    case ERROR_BAD_EXE_FORMAT:
      return UV_EFTYPE;
    case ERROR_FILENAME_EXCED_RANGE:
      return UV_ENAMETOOLONG;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
      return UV_ENOMEM;
    case ERROR_INVALID_PARAMETER:
      return UV_EINVAL;
    default:
      return UV_UNKNOWN;
  }
}

static int failed(int error, const char* step) {
  say("error", (unsigned long)error, step);
  return START_FAILED;
}

static void killAll(void) {
  InterlockedExchange(&killing, 1);
  TerminateJobObject(job, KILLED);
}

// Carries out the parent's orders.
static DWORD WINAPI obey(void* nothing) {
  (void)nothing;
  unsigned char order;
  DWORD count;
  while (ReadFile(orders, &order, 1, &count, NULL) && count == 1) {
    if (order == RELEASE) {
      SetEvent(released);
    } else if (order == KILL_ALL || order == SIGNAL_KILL) {
      killAll();
    } else {
      InterlockedExchange(&asked, order);
      GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, leader.dwProcessId);
    }
  }
  killAll();
  return 0;
}

// What the console has for everybody is no business of this process.
static BOOL WINAPI ignore(DWORD event) {
  (void)event;
  return TRUE;
}

static bool othersLeft(void) {
  JOBOBJECT_BASIC_ACCOUNTING_INFORMATION now;
  return QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &now, sizeof now, NULL) &&
         now.ActiveProcesses > 0;
}

static bool setKillOnClose(bool on) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {0};
  if (on) limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
  return SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits);
}

// Returns what follows an argument, in the line that arguments make, by the rules of CommandLineToArgvW().
static wchar_t* behind(wchar_t* at) {
  bool quoted = false;
  for (; *at != 0 && (quoted || (*at != L' ' && *at != L'\t')); at++) {
    if (*at == L'"') quoted = !quoted;
    const size_t slashes = wcsspn(at, L"\\");
    if (slashes == 0) continue;
    const bool escapes = at[slashes] == L'"' && slashes % 2 == 1;
    at += escapes ? slashes : slashes - 1;
  }
  return at + wcsspn(at, L" \t");
}

static bool endsWith(const wchar_t* text, const wchar_t* end) {
  const size_t length = wcslen(text);
  const size_t size = wcslen(end);
  return length >= size && _wcsicmp(text + length - size, end) == 0;
}

// Finds the file as libuv does: in the folders of PATH, with .com or .exe if need be.
static bool find(const wchar_t* file, wchar_t* found, DWORD size) {
  static const wchar_t* const kEndings[] = {L"", L".com", L".exe"};
  const wchar_t* name = file;
  for (const wchar_t* at = file; (at = wcspbrk(at, L"/\\:")) != NULL;) name = ++at;
  const bool hasFolder = name != file;
  const size_t length = wcslen(file);
  wchar_t* const folders = calloc(32768 + 2, sizeof *folders);
  wchar_t* const tried = calloc(length + 5, sizeof *tried);
  bool ok = false;
  if (folders != NULL && tried != NULL) {
    size_t at = 0;
    if (NeedCurrentDirectoryForExePathW(file)) {
      wcscpy(folders, L".;");
      at = 2;
    }
    GetEnvironmentVariableW(L"PATH", folders + at, 32768);
    for (size_t i = 0; i < 3 && !ok; i++) {
      if (i == 0 && wcschr(name, L'.') == NULL) continue;
      wcscpy(tried, file);
      wcscat(tried, kEndings[i]);
      const DWORD count = hasFolder ? GetFullPathNameW(tried, size, found, NULL)
                                    : SearchPathW(folders, tried, NULL, size, found, NULL);
      const DWORD kind = count > 0 && count < size ? GetFileAttributesW(found) : INVALID_FILE_ATTRIBUTES;
      ok = kind != INVALID_FILE_ATTRIBUTES && (kind & FILE_ATTRIBUTE_DIRECTORY) == 0;
    }
  }
  free(folders);
  free(tried);
  return ok;
}

// Starts the command, in the job. Returns 0 or a number of libuv's.
static int start(const wchar_t* file, wchar_t* line) {
  // Longer paths are no programs: CreateProcessW() takes none.
  static wchar_t found[32768];
  if (!find(file, found, sizeof found / sizeof *found)) return UV_ENOENT;
  // Their arguments cannot be quoted for certain, so Node refuses them, too.
  if (endsWith(found, L".bat") || endsWith(found, L".cmd")) return UV_EINVAL;
  STARTUPINFOEXW info = {0};
  info.StartupInfo.cb = sizeof info;
  info.StartupInfo.dwFlags = STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW;
  info.StartupInfo.wShowWindow = SW_HIDE;
  HANDLE streams[3];
  HANDLE given[3];
  DWORD count = 0;
  for (int i = 0; i < 3; i++) {
    streams[i] = (HANDLE)_get_osfhandle(i);
    bool isNew = streams[i] != INVALID_HANDLE_VALUE &&
                 SetHandleInformation(streams[i], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
    for (int j = 0; j < i; j++) isNew = isNew && streams[j] != streams[i];
    if (isNew) given[count++] = streams[i];
  }
  info.StartupInfo.hStdInput = streams[0];
  info.StartupInfo.hStdOutput = streams[1];
  info.StartupInfo.hStdError = streams[2];
  SIZE_T size = 0;
  InitializeProcThreadAttributeList(NULL, 2, 0, &size);
  info.lpAttributeList = malloc(size);
  if (info.lpAttributeList == NULL) return UV_ENOMEM;
  if (!InitializeProcThreadAttributeList(info.lpAttributeList, 2, 0, &size) ||
      !UpdateProcThreadAttribute(info.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, given,
                                 count * sizeof *given, NULL, NULL) ||
      !UpdateProcThreadAttribute(info.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, &job, sizeof job,
                                 NULL, NULL))
    return errnoOf(GetLastError());
  const DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_NEW_PROCESS_GROUP;
  if (wcslen(line) > 32767) return UV_E2BIG;
  if (!CreateProcessW(found, line, NULL, NULL, TRUE, flags, NULL, NULL, &info.StartupInfo, &leader))
    return errnoOf(GetLastError());
  // Only the command has its streams open, so that their readers see the end.
  for (DWORD i = 0; i < count; i++) CloseHandle(given[i]);
  return 0;
}

static void tellEnd(void) {
  DWORD code = 0;
  GetExitCodeProcess(leader.hProcess, &code);
  if (code == KILLED && killing) {
    say("signal", SIGNAL_KILL, "");
  } else if (code == (DWORD)STATUS_CONTROL_C_EXIT && asked != 0) {
    say("signal", (unsigned long)asked, "");
  } else {
    say("exit", code, "");
  }
}

int wmain(int argc, wchar_t** argv) {
  if (argc < 4) return START_FAILED;
  orders = (HANDLE)_get_osfhandle(ORDERS);
  report = (HANDLE)_get_osfhandle(REPORT);
  released = CreateEventW(NULL, TRUE, FALSE, NULL);
  job = CreateJobObjectW(NULL, NULL);
  if (orders == INVALID_HANDLE_VALUE || report == INVALID_HANDLE_VALUE || released == NULL || job == NULL ||
      !setKillOnClose(true))
    return START_FAILED;
  SetConsoleCtrlHandler(ignore, TRUE);
  if (argv[2][0] != 0 && !SetCurrentDirectoryW(argv[2])) return failed(errnoOf(GetLastError()), " chdir");
  const int error = start(argv[3], behind(behind(behind(GetCommandLineW()))));
  if (error != 0) return failed(error, " spawn");
  say("pid", leader.dwProcessId, "");
  if (CreateThread(NULL, 0, obey, NULL, 0, NULL) == NULL) killAll();
  WaitForSingleObject(leader.hProcess, INFINITE);
  tellEnd();
  while (othersLeft()) {
    if (killing) {
      Sleep(POLL_MS);
    } else if (WaitForSingleObject(released, POLL_MS) == WAIT_OBJECT_0) {
      setKillOnClose(false);
      break;
    }
  }
  return 0;
}
