// A layer and what feeds it, made of choices, for kernels to work on.
#pragma once

#include <deque>

#include "fuzz/choices.h"
#include "fuzz/sum.h"
#include "kernels/table.h"
#include "test/check.h"

namespace fuzz {

using namespace eqprop;

constexpr float kGuard = 12345.0f;

// Numbers that begin some floats past where memory would be aligned. Their end is the allocation's: beyond it an address
// sanitizer sees all.
class Floats {
public:
  Floats() = default;
  Floats(std::size_t count, std::size_t offset, float value = 0)
      : offset_(offset), count_(count), memory_(offset + count, value) {}
  float* data() { return memory_.data() + offset_; }
  const float* data() const { return memory_.data() + offset_; }
  float& operator[](std::size_t i) { return memory_[offset_ + i]; }
  float operator[](std::size_t i) const { return memory_[offset_ + i]; }
  std::size_t size() const { return count_; }

private:
  std::size_t offset_ = 0, count_ = 0;
  std::vector<float> memory_;
};

struct Feeder {
  std::size_t count = 0;
  Floats activity; // [example][count + 1]
  Floats weights;  // packed
  std::vector<std::uint64_t> nonzero;
};

struct KernelLayer {
  KernelLayer(const Kernels& kernels_, Choices& choices_);

  // Rows of the layer, padded with zeros and, beyond whole panels, guards.
  Floats values(float low, float high);
  Floats results() { return Floats(examples * stride, choices.below(16), kGuard); }
  float weight(std::size_t feeder, std::size_t k, std::size_t j) const {
    const std::size_t width = kernels.panelWidth;
    return feeders[feeder].weights[(j / width * feeders[feeder].count + k) * width + j % width];
  }
  Input input() const {
    return {{rows.data(), rows.size()}, size, base.data(), baseStride, sources.data(), sources.size()};
  }
  float baseOf(std::size_t e, std::size_t j) const { return base[e * baseStride + j]; }
  // The input of a unit; `lost` is what rounding an operand takes away, relatively.
  Sum total(std::size_t e, std::size_t j, double lost = 0) const;
  // Units whose registers a kernel writes.
  std::size_t written() const { return (size + kernels.lanes - 1) / kernels.lanes * kernels.lanes; }
  // What must be untouched is, and padding is zero.
  void checkFrame(const Floats& found) const;

  const Kernels& kernels;
  Choices& choices;
  std::size_t size, examples, panels, stride, baseStride;
  std::size_t specials; // in each array
  Floats base;
  std::deque<Feeder> feeders;
  std::vector<Source> sources;
  std::vector<std::uint32_t> rows;
  std::vector<bool> listed; // by example
};

} // namespace fuzz
