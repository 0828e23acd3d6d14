// Zeroed memory on cache-line boundaries.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <utility>

namespace eqprop {

template <class T> class Buffer {
public:
  Buffer() = default;
  explicit Buffer(std::size_t count) : count_(count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T) / 2) throw std::bad_alloc();
    if (count == 0) return;
    // Thrown here, as the address sanitizer's own operator new ends the process instead.
    data_ = static_cast<T*>(::operator new(count * sizeof(T), kAlignment, std::nothrow));
    if (!data_) throw std::bad_alloc();
    clear();
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
  ~Buffer() { ::operator delete(data_, kAlignment); }

  void clear() {
    if (count_) std::memset(static_cast<void*>(data_), 0, count_ * sizeof(T));
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  std::size_t size() const { return count_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

private:
  static constexpr std::align_val_t kAlignment{64};
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

} // namespace eqprop
