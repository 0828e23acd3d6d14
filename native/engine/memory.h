// The engine's own memory: all that grows with weights, examples or batches is taken here, and counted.
#pragma once

#include <cstddef>
#include <vector>

namespace eqprop {

// Bytes that the engine holds in this process, in all its environments.
std::size_t liveBytes();

// On a cache-line boundary. Throws std::bad_alloc.
void* takeMemory(std::size_t bytes);
void returnMemory(void* memory, std::size_t bytes) noexcept;

// The number of bytes of so many numbers. Throws std::bad_alloc where no memory could hold them.
std::size_t bytesOf(std::size_t count, std::size_t size);

// Lets a standard container count what it holds.
template <class T> struct Counted {
  using value_type = T;
  Counted() = default;
  template <class U> Counted(const Counted<U>&) {}
  T* allocate(std::size_t count) { return static_cast<T*>(takeMemory(bytesOf(count, sizeof(T)))); }
  void deallocate(T* memory, std::size_t count) noexcept { returnMemory(memory, count * sizeof(T)); }
  template <class U> bool operator==(const Counted<U>&) const { return true; }
  template <class U> bool operator!=(const Counted<U>&) const { return false; }
};
template <class T> using List = std::vector<T, Counted<T>>;

} // namespace eqprop
