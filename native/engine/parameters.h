// The parameters of a network, packed the way the kernels read them.
//
// Weights stand in panels of the layer that they lead to (the master copy, which the update writes) and, where something
// is computed against their direction, once more in panels of their source. A symmetric matrix stands whole, with zeros
// on its diagonal, and is its own transpose. Where steps are computed in bf16, what joins two free layers stands in it too, in both orientations.
// Whoever changes the master copy refreshes what is derived from it.
#pragma once

#include <vector>

#include "engine/narrow.h"
#include "engine/network.h"

namespace eqprop {

class Parameters {
public:
  Parameters(const Network& network, const Kernels& kernels, Precision precision);

  void read(std::size_t index, float* values) const;
  void write(std::size_t index, const float* values);
  // From panels laid out like those of a parameter to the order in which its values stand outside.
  void unpack(std::size_t index, const float* panels, float* values) const;
  // And back; of a symmetric parameter, what stands above the diagonal.
  void pack(std::size_t index, const float* values, float* panels) const;

  // [panel][source unit][panelWidth]; a bias is a weight from one source unit.
  float* panels(std::size_t index) { return forward_[index].data(); }
  const float* panels(std::size_t index) const { return forward_[index].data(); }
  // [panel of source units][unit][panelWidth]; null where nothing asks for it.
  const float* transposed(std::size_t index) const;
  // Either orientation in bf16; null where no free layer feeds another by it, or steps are computed in float32.
  Pairs pairs(std::size_t index, bool transposed) const;
  // The sum of a layer's biases, padded.
  const float* bias(std::size_t layer) const { return bias_[layer].data(); }
  // As many zeros as the largest layer has units, padded.
  const float* zeros() const { return zeros_.data(); }
  // By unit of a layer: Σ |w| over its lateral weights, padded; null where it has none.
  const float* coupling(std::size_t layer) const { return coupling_[layer].data(); }

  std::size_t rows(std::size_t index) const { return specs_[index].rows; }
  // Floats in the panels of a parameter.
  std::size_t packedSize(std::size_t index) const { return panelCount(index) * rows(index) * width_; }
  std::size_t panelCount(std::size_t index) const { return panelsOf(specs_[index].columns); }
  std::size_t panelWidth() const { return width_; }
  const std::vector<ParameterSpec>& specs() const { return specs_; }
  bool anySymmetric() const { return anySymmetric_; }

  std::size_t heldBytes() const;

  // The following work on source units [from, to) of one panel.
  bool finite(std::size_t index, std::size_t panel, std::size_t from, std::size_t to) const;
  double sumOfSquares(std::size_t index, std::size_t panel, std::size_t from, std::size_t to) const;
  // Brings the copies up to date, transposed and in bf16. `from` is even.
  void refresh(std::size_t index, std::size_t panel, std::size_t from, std::size_t to);
  // Makes a symmetric parameter what its values above the diagonal say: only those are read, only others are written.
  void mirror(std::size_t index, std::size_t panel, std::size_t from, std::size_t to);

  // Brings up to date what is summed over a layer's connections: biases and couplings.
  void refreshSums();

private:
  std::size_t panelsOf(std::size_t size) const { return (size + width_ - 1) / width_; }
  std::size_t at(std::size_t index, std::size_t row, std::size_t column) const {
    return (column / width_ * specs_[index].rows + row) * width_ + column % width_;
  }
  template <class F> void forEachBlock(std::size_t from, std::size_t to, F f) const;
  void addCoupling(std::size_t index, float* sum) const;

  std::vector<ParameterSpec> specs_;
  std::vector<Connection> connections_;
  std::size_t width_;
  bool anySymmetric_ = false;
  std::vector<Buffer<float>> forward_, backward_;            // by parameter
  std::vector<NarrowPanels> narrowForward_, narrowBackward_; // likewise
  std::vector<Buffer<float>> bias_, coupling_;               // by layer
  Buffer<float> zeros_;
};

} // namespace eqprop
