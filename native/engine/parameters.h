// The parameters of a network, packed the way the kernels read them.
//
// A dense weight stands twice: in panels of its post layer (the master copy, which the update writes) and, where
// the pre layer is free, in panels of its pre layer. Whoever changes the master copy refreshes the other.
#pragma once

#include <vector>

#include "engine/buffer.h"
#include "engine/network.h"

namespace eqprop {

class Parameters {
public:
  Parameters(const Network& network, const Kernels& kernels);

  void read(std::size_t index, float* rowMajor) const;
  void write(std::size_t index, const float* rowMajor);
  bool finite(std::size_t index) const;

  // [panel of post][pre][panelWidth]; a bias is a weight from one source unit.
  float* panels(std::size_t index) { return forward_[index].data(); }
  const float* panels(std::size_t index) const { return forward_[index].data(); }
  // [panel of pre][post][panelWidth]; null where the pre layer is clamped.
  const float* transposed(std::size_t index) const { return backward_[index].data(); }
  // The sum of a layer's biases, padded.
  const float* bias(std::size_t layer) const { return bias_[layer].data(); }

  // Source units of a packed parameter.
  std::size_t rows(std::size_t index) const;
  std::size_t panelCount(std::size_t layer) const { return (sizes_[layer] + width_ - 1) / width_; }
  std::size_t panelWidth() const { return width_; }
  const std::vector<ParameterSpec>& specs() const { return specs_; }

  // Brings what is derived from source units [from, to) of one panel up to date: the transposed copy.
  void refresh(std::size_t index, std::size_t panel, std::size_t from, std::size_t to);
  // The same for the sums of biases.
  void refreshBiases();

private:
  std::vector<ParameterSpec> specs_;
  std::vector<std::size_t> sizes_; // of layers
  std::size_t width_;
  std::vector<Buffer<float>> forward_, backward_; // by parameter
  std::vector<Buffer<float>> bias_;               // by layer
};

// Row-major [rows, size] to and from panels of `size` units.
void unpack(const float* panels, std::size_t rows, std::size_t size, std::size_t width, float* rowMajor);

} // namespace eqprop
