// Numbers and names of the kernel that the headers of older systems lack.
#pragma once

#include <cstdint>

namespace pendingop::sys {

constexpr long kOpenat2 = 437;             // on every architecture
constexpr uint64_t kWithoutLinks = 0x04;   // RESOLVE_NO_SYMLINKS
constexpr uint64_t kResolveCached = 0x20;  // RESOLVE_CACHED
constexpr int kWithoutAsking = 0x4000;     // AT_STATX_DONT_SYNC

struct OpenHow {
  uint64_t flags;
  uint64_t mode;
  uint64_t resolve;
};

}  // namespace pendingop::sys
