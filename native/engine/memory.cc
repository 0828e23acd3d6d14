#include "engine/memory.h"

#include <atomic>
#include <new>

namespace eqprop {

namespace {

constexpr std::align_val_t kLine{64};

std::atomic<std::size_t> live{0}; // of the process: environments come and go

} // namespace

std::size_t liveBytes() { return live.load(std::memory_order_relaxed); }

void* takeMemory(std::size_t bytes) {
  // Thrown here, as the address sanitizer's own operator new ends the process instead.
  void* memory = ::operator new(bytes, kLine, std::nothrow);
  if (!memory) throw std::bad_alloc();
  live.fetch_add(bytes, std::memory_order_relaxed);
  return memory;
}

void returnMemory(void* memory, std::size_t bytes) noexcept {
  if (!memory) return;
  ::operator delete(memory, kLine);
  live.fetch_sub(bytes, std::memory_order_relaxed);
}

std::size_t bytesOf(std::size_t count, std::size_t size) {
  if (count > static_cast<std::size_t>(-1) / size / 2) throw std::bad_alloc();
  return count * size;
}

} // namespace eqprop
