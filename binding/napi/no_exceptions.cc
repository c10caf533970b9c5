// The addon is built without exceptions. Where the standard library would throw, the process ends here. So
// neither the unwinder nor the newer glibc symbols that it needs become part of the addon, which then loads
// wherever Node does.
#include <cstdio>
#include <cstdlib>
#include <new>

namespace {

[[noreturn]] void fail(const char* what) {
  fprintf(stderr, "pendingop: %s\n", what);
  abort();
}

void* allocate(size_t size) {
  void* memory = malloc(size > 0 ? size : 1);
  if (memory == nullptr) fail("out of memory");
  return memory;
}

// Null without memory.
void* alignedOrNull(size_t size, std::align_val_t alignment) {
#if defined(_WIN32)
  return _aligned_malloc(size, static_cast<size_t>(alignment));
#else
  void* memory = nullptr;
  return posix_memalign(&memory, static_cast<size_t>(alignment), size) == 0 ? memory : nullptr;
#endif
}

void freeAligned(void* memory) {
#if defined(_WIN32)
  _aligned_free(memory);
#else
  free(memory);
#endif
}

void* allocateAligned(size_t size, std::align_val_t alignment) {
  void* memory = alignedOrNull(size, alignment);
  if (memory == nullptr) fail("out of memory");
  return memory;
}

}  // namespace

void* operator new(size_t size) { return allocate(size); }
void* operator new[](size_t size) { return allocate(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return malloc(size > 0 ? size : 1); }
void* operator new(size_t size, std::align_val_t alignment) { return allocateAligned(size, alignment); }
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return alignedOrNull(size, alignment);
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { freeAligned(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { freeAligned(memory); }

#if defined(__GLIBCXX__)
// NOLINTBEGIN(readability-identifier-naming, bugprone-reserved-identifier): the library's own names
namespace std {
void __throw_length_error(const char* what) { fail(what); }
void __throw_logic_error(const char* what) { fail(what); }
void __throw_out_of_range_fmt(const char* what, ...) { fail(what); }
void __throw_bad_function_call() { fail("bad function call"); }
void __throw_bad_alloc() { fail("out of memory"); }
void __throw_bad_array_new_length() { fail("bad array length"); }
}  // namespace std
// NOLINTEND(readability-identifier-naming, bugprone-reserved-identifier)
#endif
