// Counts what operator new is asked for, and refuses it when told to, in the one program that includes this.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace test {

inline std::atomic<std::size_t> allocations{0};

// How many more are granted; below 0: all. The one after them fails, and with `forEver` all others, too.
inline std::atomic<long> granted{-1};
inline std::atomic<bool> forEver{false};

inline bool refused() {
  long left = granted.load();
  while (left > 0 && !granted.compare_exchange_weak(left, left - 1)) {
  }
  if (left != 0) return false;
  if (!forEver) granted = -1;
  return true;
}

inline void* allocate(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (refused()) throw std::bad_alloc();
  // aligned_alloc wants whole multiples.
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (!memory) throw std::bad_alloc();
  return memory;
}

} // namespace test

void* operator new(std::size_t size) { return test::allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return test::allocate(size, static_cast<std::size_t>(alignment));
}
// Of its own, as a sanitizer's would not come here, and memory of one would be freed by the other.
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  try {
    return test::allocate(size, static_cast<std::size_t>(alignment));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t, const std::nothrow_t&) noexcept { std::free(memory); }
