// Memory on cache-line boundaries, zeroed unless it is to be left as it comes.
#pragma once

#include <cstddef>
#include <cstring>
#include <utility>

#include "engine/memory.h"

namespace eqprop {

struct Unset {};

template <class T> class Buffer {
public:
  Buffer() = default;
  explicit Buffer(std::size_t count) : Buffer(count, Unset()) { clear(); }
  Buffer(std::size_t count, Unset) : count_(count) {
    if (count) data_ = static_cast<T*>(takeMemory(bytesOf(count, sizeof(T))));
  }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { returnMemory(data_, bytes()); }

  void clear() {
    if (count_) std::memset(static_cast<void*>(data_), 0, bytes());
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  std::size_t bytes() const { return count_ * sizeof(T); }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

// Of all of them.
template <class T> std::size_t bytesOf(const std::vector<Buffer<T>>& buffers) {
  std::size_t bytes = 0;
  for (const Buffer<T>& buffer : buffers) bytes += buffer.bytes();
  return bytes;
}

} // namespace eqprop
