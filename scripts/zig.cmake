# zig as the compiler, for npm run prebuilds. PENDINGOP_ZIG is its path, PENDINGOP_ZIG_TARGET what is built for, in zig's
# words: x86_64-linux-gnu.2.28, say.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PENDINGOP_ZIG PENDINGOP_ZIG_TARGET)
if(PENDINGOP_ZIG_TARGET MATCHES "-linux-")
  set(CMAKE_SYSTEM_NAME Linux)
elseif(PENDINGOP_ZIG_TARGET MATCHES "-macos")
  set(CMAKE_SYSTEM_NAME Darwin)
  # zig has the headers of macOS itself.
  set(CMAKE_OSX_SYSROOT "" CACHE STRING "" FORCE)
  set(CMAKE_OSX_ARCHITECTURES "" CACHE STRING "" FORCE)
elseif(PENDINGOP_ZIG_TARGET MATCHES "-windows-")
  set(CMAKE_SYSTEM_NAME Windows)
else()
  message(FATAL_ERROR "PENDINGOP_ZIG_TARGET is for Linux, macOS or Windows, not '${PENDINGOP_ZIG_TARGET}'")
endif()
string(REGEX MATCH "^[a-z0-9_]+" CMAKE_SYSTEM_PROCESSOR "${PENDINGOP_ZIG_TARGET}")

set(CMAKE_C_COMPILER "${PENDINGOP_ZIG}" cc -target ${PENDINGOP_ZIG_TARGET})
set(CMAKE_CXX_COMPILER "${PENDINGOP_ZIG}" c++ -target ${PENDINGOP_ZIG_TARGET})
set(CMAKE_ASM_COMPILER "${PENDINGOP_ZIG}" cc -target ${PENDINGOP_ZIG_TARGET})

# cmake-js has flags of its own for C++ and for shared libraries, and CMAKE_<language>_FLAGS_INIT counts only where there
# are none. So ours are options, which come beside. zig turns UBSan on unless told otherwise. No path of this machine gets
# into what is built.
get_filename_component(source "${CMAKE_CURRENT_LIST_DIR}" DIRECTORY)
add_compile_options(-fno-sanitize=undefined "-ffile-prefix-map=${source}=." -Wno-nullability-completeness)
# Stripped by the linker: afterwards the signature of a macOS binary would no longer fit.
add_link_options(-s)
