# Writes a C file in which each function of Node-API that node-api-headers names jumps to the function of that name of the
# program that has loaded the addon, found once, when the addon is loaded. Sets node_api_sources.
set(definitions ${CMAKE_SOURCE_DIR}/node_modules/node-api-headers/def)
set(names "")
foreach(file js_native_api.def node_api.def)
  file(STRINGS ${definitions}/${file} lines REGEX "^ *(napi|node_api)_")
  foreach(line ${lines})
    string(STRIP "${line}" name)
    list(APPEND names ${name})
  endforeach()
endforeach()
list(REMOVE_DUPLICATES names)

set(pointers "")
set(jumps "")
set(table "")
foreach(name ${names})
  string(APPEND pointers "void* po_${name};\n")
  string(APPEND jumps "JUMP(\"${name}\", \"po_${name}\")\n")
  string(APPEND table "  {\"${name}\", &po_${name}},\n")
endforeach()
set(node_api_sources ${CMAKE_BINARY_DIR}/node-api.c)
file(CONFIGURE OUTPUT ${node_api_sources} CONTENT [[
// Made by scripts/node-api.cmake.
#include <windows.h>

#if defined(__x86_64__)
#define JUMP(name, pointer) __asm__(".globl " name "\n" name ":\n  jmp *" pointer "(%rip)\n");
#else
#define JUMP(name, pointer) \
  __asm__(".globl " name "\n" name ":\n  adrp x16, " pointer "\n  ldr x16, [x16, :lo12:" pointer "]\n  br x16\n");
#endif

@pointers@
@jumps@
static const struct {
  const char* name;
  void** to;
} kAll[] = {
@table@};

__attribute__((constructor)) static void find(void) {
  HMODULE program = GetModuleHandleW(NULL);
  for (unsigned i = 0; i < sizeof kAll / sizeof *kAll; i++)
    *kAll[i].to = (void*)GetProcAddress(program, kAll[i].name);
}
]] @ONLY)
