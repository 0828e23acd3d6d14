// A layer for kernels to work on.
#pragma once

#include <vector>

#include "check.h"
#include "kernels/table.h"

namespace test {

using namespace eqprop;

constexpr float kGuard = 12345.0f;

// A layer fed by one or two sources, with everything a kernel wants to know of it.
struct Problem {
  Problem(const Kernels& kernels_, Numbers& numbers, std::size_t size_, std::vector<std::size_t> counts,
          std::size_t examples_)
      : kernels(kernels_), size(size_), examples(examples_) {
    const std::size_t width = kernels.panelWidth;
    panels = (size + width - 1) / width;
    stride = panels * width + 3; // odd, so that rows are not aligned
    const auto values = [&](float low, float high) {
      std::vector<float> matrix(examples * stride, 0.0f);
      for (std::size_t e = 0; e < examples; ++e) {
        for (std::size_t j = 0; j < size; ++j) matrix[e * stride + j] = numbers.between(low, high);
      }
      return matrix;
    };
    base = values(-1, 1);
    state = values(0, 1);
    target = values(0, 1);
    for (const std::size_t count : counts) {
      activities.emplace_back(examples * (count + 1));
      for (float& a : activities.back()) a = numbers.between(0, 1);
      weights.emplace_back(panels * count * width, 0.0f);
      for (std::size_t k = 0; k < count; ++k) {
        for (std::size_t j = 0; j < size; ++j) at(weights.back(), count, k, j) = numbers.between(-0.3f, 0.3f);
      }
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
      sources.push_back({activities[i].data(), counts[i] + 1, weights[i].data(), counts[i]});
    }
    // Every second example only, so that rows are not taken for consecutive.
    for (std::size_t e = 0; e < examples; e += 2) rows.push_back(static_cast<std::uint32_t>(e));
  }

  float& at(std::vector<float>& packed, std::size_t count, std::size_t k, std::size_t j) const {
    const std::size_t width = kernels.panelWidth;
    return packed[(j / width * count + k) * width + j % width];
  }

  Input input() const {
    return {{rows.data(), rows.size()}, size, base.data(), stride, sources.data(), sources.size()};
  }

  double total(std::size_t e, std::size_t j) {
    double sum = base[e * stride + j];
    for (std::size_t i = 0; i < sources.size(); ++i) {
      for (std::size_t k = 0; k < sources[i].count; ++k) {
        sum += static_cast<double>(sources[i].activity[e * sources[i].stride + k]) *
               at(weights[i], sources[i].count, k, j);
      }
    }
    return sum;
  }

  const Kernels& kernels;
  std::size_t size, examples, panels = 0, stride = 0;
  std::vector<float> base, state, target;
  std::vector<std::vector<float>> activities, weights;
  std::vector<Source> sources;
  std::vector<std::uint32_t> rows;
};

inline std::size_t panelEnd(const Problem& p) {
  const std::size_t lanes = p.kernels.lanes;
  return (p.size + lanes - 1) / lanes * lanes;
}

} // namespace test
