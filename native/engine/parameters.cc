#include "engine/parameters.h"

#include <algorithm>
#include <cmath>

namespace eqprop {

namespace {

// Calls f(row-major offset, panel offset, units) for each run of units that is contiguous in both layouts.
template <class F> void forEachRun(std::size_t rows, std::size_t size, std::size_t width, F f) {
  for (std::size_t unit = 0; unit < size; unit += width) {
    const std::size_t count = std::min(width, size - unit);
    for (std::size_t row = 0; row < rows; ++row) f(row * size + unit, unit * rows + row * width, count);
  }
}

} // namespace

void unpack(const float* panels, std::size_t rows, std::size_t size, std::size_t width, float* rowMajor) {
  forEachRun(rows, size, width, [&](std::size_t flat, std::size_t packed, std::size_t count) {
    std::copy_n(panels + packed, count, rowMajor + flat);
  });
}

Parameters::Parameters(const Network& network, const Kernels& kernels)
    : specs_(network.parameters), width_(kernels.panelWidth) {
  for (const LayerSpec& layer : network.layers) sizes_.push_back(layer.size);
  for (std::size_t i = 0; i < sizes_.size(); ++i) bias_.emplace_back(panelCount(i) * width_);
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    const ParameterSpec& spec = specs_[i];
    forward_.emplace_back(panelCount(spec.post) * rows(i) * width_);
    const bool both = spec.kind == ParameterSpec::dense && !network.layers[spec.pre].clamped;
    backward_.emplace_back(both ? panelCount(spec.pre) * sizes_[spec.post] * width_ : 0);
  }
}

std::size_t Parameters::rows(std::size_t index) const {
  return specs_[index].kind == ParameterSpec::dense ? sizes_[specs_[index].pre] : 1;
}

void Parameters::read(std::size_t index, float* rowMajor) const {
  unpack(panels(index), rows(index), sizes_[specs_[index].post], width_, rowMajor);
}

void Parameters::write(std::size_t index, const float* rowMajor) {
  const std::size_t rows = this->rows(index), post = specs_[index].post;
  forEachRun(rows, sizes_[post], width_, [&](std::size_t flat, std::size_t packed, std::size_t count) {
    std::copy_n(rowMajor + flat, count, panels(index) + packed);
  });
  for (std::size_t panel = 0; panel < panelCount(post); ++panel) refresh(index, panel, 0, rows);
  refreshBiases();
}

bool Parameters::finite(std::size_t index) const {
  const Buffer<float>& packed = forward_[index];
  return std::all_of(packed.data(), packed.data() + packed.size(), [](float x) { return std::isfinite(x); });
}

void Parameters::refresh(std::size_t index, std::size_t panel, std::size_t from, std::size_t to) {
  float* transposed = backward_[index].data();
  if (!transposed) return;
  const std::size_t rows = this->rows(index), size = sizes_[specs_[index].post];
  const float* source = panels(index) + panel * rows * width_;
  for (std::size_t lane = 0; lane < width_ && panel * width_ + lane < size; ++lane) {
    const std::size_t unit = panel * width_ + lane;
    for (std::size_t row = from; row < to; ++row) {
      transposed[(row / width_ * size + unit) * width_ + row % width_] = source[row * width_ + lane];
    }
  }
}

void Parameters::refreshBiases() {
  for (Buffer<float>& sum : bias_) sum.clear();
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].kind != ParameterSpec::bias) continue;
    Buffer<float>& sum = bias_[specs_[i].post];
    for (std::size_t j = 0; j < sum.size(); ++j) sum[j] += forward_[i][j];
  }
}

} // namespace eqprop
