#include "sys/windows/libuv.h"

#include <windows.h>

namespace pendingop::sys::uv {

namespace fs {
#define X(name, ...) Function<__VA_ARGS__> name;
PENDINGOP_UV_FS(X)
#undef X
}  // namespace fs

void (*cleanUp)(Request*);
intptr_t (*resultOf)(const Request*);
void* (*pointerOf)(const Request*);
const char* (*pathOf)(const Request*);
const Status* (*statusOf)(Request*);
int (*nextEntry)(Request*, Entry*);
int (*currentDirectory)(char*, size_t*);
void* (*handleOf)(int);
int (*descriptorOf)(void*);
int (*errorOf)(int);

namespace {

constexpr int kFileRequest = 6;  // UV_FS

template <typename Function>
bool find(HMODULE from, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(reinterpret_cast<void*>(GetProcAddress(from, name)));
  return *function != nullptr;
}

bool findAll() {
  const HMODULE from = GetModuleHandleW(nullptr);
  size_t (*sizeOf)(int);
  bool ok = find(from, "uv_req_size", &sizeOf) && sizeOf(kFileRequest) <= sizeof(Request);
#define X(name, ...) ok = find(from, "uv_fs_" #name, &fs::name) && ok;
  PENDINGOP_UV_FS(X)
#undef X
  ok = find(from, "uv_fs_req_cleanup", &cleanUp) && ok;
  ok = find(from, "uv_fs_get_result", &resultOf) && ok;
  ok = find(from, "uv_fs_get_ptr", &pointerOf) && ok;
  ok = find(from, "uv_fs_get_path", &pathOf) && ok;
  ok = find(from, "uv_fs_get_statbuf", &statusOf) && ok;
  ok = find(from, "uv_fs_scandir_next", &nextEntry) && ok;
  ok = find(from, "uv_cwd", &currentDirectory) && ok;
  ok = find(from, "uv_get_osfhandle", &handleOf) && ok;
  ok = find(from, "uv_open_osfhandle", &descriptorOf) && ok;
  ok = find(from, "uv_translate_sys_error", &errorOf) && ok;
  return ok;
}

}  // namespace

bool isThere() {
  static const bool there = findAll();
  return there;
}

}  // namespace pendingop::sys::uv
