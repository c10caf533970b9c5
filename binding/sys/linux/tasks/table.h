// Descriptor tables, as tasks go through them: without libc, and without touching the open files.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "sys/task.h"

namespace pendingop::sys {

// The descriptors of the calling task, as /proc/self/fd lists them.
class OpenDescriptors {
 public:
  OpenDescriptors();
  ~OpenDescriptors();
  OpenDescriptors(const OpenDescriptors&) = delete;
  OpenDescriptors& operator=(const OpenDescriptors&) = delete;

  // Returns false if there is no /proc.
  bool areListed() const { return folder_ >= 0; }
  // Calls `use(name, fd)` for each descriptor but that of the list. `use` may close it.
  template <typename F>
  void each(F use) const {
    rewind();
    alignas(8) char entries[4096];
    for (;;) {
      const long size = read(entries, sizeof entries);
      if (size <= 0) return;
      for (long at = 0; at < size;) {
        const auto* entry = reinterpret_cast<const Entry*>(entries + at);
        at += entry->length;
        const int fd = numberOf(entry->name);
        if (fd >= 0 && fd != folder_) use(entry->name, fd);
      }
    }
  }
  // Returns whether the descriptor is that of a file with a path, but no device. A link of that folder reads
  // as a path, or as a text that is none ("socket:[1]", "anon_inode:[eventpoll]").
  bool isFile(const char* name) const;
  // The descriptor of the folder that lists them.
  long folder() const { return folder_; }

 private:
  struct Entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
  };
  static int numberOf(const char* name);
  void rewind() const;
  long read(char* entries, size_t size) const;

  long folder_;
};

// Returns whether the descriptor is a socket's or a pipe's. That is known without /proc.
bool isSocketOrPipe(int fd);
// Returns a number above all descriptors, for when nothing lists them.
uint32_t mostDescriptors();

// Empties the table of the task that runs it. The files stay open in the process: these are copies.
class Sweep {
 public:
  // On the task: closes all descriptors but `keep`, which is the last one if `isBoundary`. Returns once they
  // are out of the table.
  void run(int keep, bool isBoundary);

  // The supervisor calls it, once the task is ready or gone. Returns true if no sweeper is left.
  bool reap();
  void kill(Remaining* remaining);

 private:
  // The number of closes that may be stuck.
  static constexpr size_t kMost = 64;
  struct Sweeper {
    uint32_t id = 0;
    std::atomic<uint32_t> alive{0};
    uint8_t* stack = nullptr;
  };
  static void main(void* self);
  bool start();
  bool isEmpty() const;
  void awaitProgress();

  uint32_t keep_ = 0;
  uint32_t end_ = 0;
  std::atomic<uint32_t> at_{0};  // a futex: the next descriptor
  std::atomic<size_t> count_{0};
  std::array<Sweeper, kMost> sweepers_;
};

}  // namespace pendingop::sys
