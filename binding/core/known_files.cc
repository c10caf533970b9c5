#include "core/known_files.h"

namespace pendingop {

KnownFiles::Entry& KnownFiles::entryOf(const int64_t* fields) const {
  const uint64_t key =
      static_cast<uint64_t>(fields[kStatInode]) + 31 * static_cast<uint64_t>(fields[kStatDevice]);
  return (*entries_)[key % kMost];
}

bool KnownFiles::has(const int64_t* fields, uint8_t did) const {
  if (entries_ == nullptr) return false;
  const Entry& entry = entryOf(fields);
  return (entry.did & did) == did && entry.inode == fields[kStatInode] &&
         entry.device == fields[kStatDevice] && entry.changed == fields[kStatCtime] &&
         entry.changedNs == fields[kStatCtime + 1];
}

void KnownFiles::add(const int64_t* fields, uint8_t did) {
  if (has(fields, 0)) {
    entryOf(fields).did |= did;
    return;
  }
  if (entries_ == nullptr) entries_ = std::make_unique<std::array<Entry, kMost>>();
  entryOf(fields) = {fields[kStatDevice], fields[kStatInode], fields[kStatCtime], fields[kStatCtime + 1],
                     did};
}

}  // namespace pendingop
