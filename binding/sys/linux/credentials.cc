#include "sys/credentials.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <vector>

#include "sys/linux/plain.h"

namespace pendingop::sys {

namespace {

// FNV-1a
class Hash {
 public:
  void add(const uint32_t* numbers, size_t count) {
    for (size_t i = 0; i < count; i++) value_ = (value_ ^ numbers[i]) * 0x100000001b3u;
  }
  void add(long number) {
    const auto low = static_cast<uint32_t>(number);
    add(&low, 1);
  }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325u;
};

struct Capabilities {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
};

void addGroups(Hash* hash) {
  uint32_t few[64];
  long count = plain(SYS_getgroups, 64, few);
  std::vector<uint32_t> many;
  // There are more groups than that, and they may become more meanwhile.
  while (count == -EINVAL) {
    many.resize(static_cast<size_t>(plain(SYS_getgroups, 0, 0L)));
    count = plain(SYS_getgroups, many.size(), many.data());
  }
  hash->add(count);
  if (count > 0) hash->add(many.empty() ? few : many.data(), static_cast<size_t>(count));
}

}  // namespace

Credentials credentials() {
  Hash hash;
  // Real, effective and saved ids. The ids for file systems follow them. If setfsuid() has set those apart,
  // they are one thread's alone, and no other thread of a program has them either.
  uint32_t ids[6] = {};
  plain(SYS_getresuid, ids, ids + 1, ids + 2);
  plain(SYS_getresgid, ids + 3, ids + 4, ids + 5);
  hash.add(ids, 6);
  addGroups(&hash);
  hash.add(plain(SYS_prctl, PR_GET_SECUREBITS));
  hash.add(plain(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L));
  hash.add(plain(SYS_prctl, PR_GET_SECCOMP));
  Capabilities have;
  plain(SYS_capget, &have.header, have.data);
  return {hash.value(), uint64_t{have.data[1].effective} << 32 | have.data[0].effective,
          uint64_t{have.data[1].permitted} << 32 | have.data[0].permitted};
}

bool limitCapabilities(uint64_t effective, uint64_t permitted) {
  Capabilities have;
  if (plain(SYS_capget, &have.header, have.data) < 0) return false;
  for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
    auto& data = have.data[i];
    data.permitted &= static_cast<uint32_t>(permitted >> (32 * i));
    data.effective = data.permitted & static_cast<uint32_t>(effective >> (32 * i));
    data.inheritable &= data.permitted;
  }
  return plain(SYS_capset, &have.header, have.data) == 0;
}

}  // namespace pendingop::sys
