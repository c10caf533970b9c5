// Open directories by number: no descriptor of Windows's leads to one that can be listed. Their numbers lie
// above those that the C library gives out.
#pragma once

#include "sys/calling.h"
#include "sys/descriptor.h"
#include "sys/windows/libuv.h"

namespace pendingop::sys {

constexpr int kFirstDirectory = 1 << 14;  // _open() has 8192

inline bool isDirectory(Descriptor fd) { return fd >= kFirstDirectory; }
// A number, or -errno.
long openDirectory(Calling& op, const char* path);
// Null: it is closed, or of another kind. One op at a time may use what it returns.
uv::Directory* directoryOf(Descriptor number);
long closeDirectory(Descriptor number);

}  // namespace pendingop::sys
