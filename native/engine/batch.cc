#include "engine/batch.h"

#include <algorithm>

namespace eqprop {

namespace {

// A row holds whole panels, and an odd number of cache lines, so that a column of rows does not fall into a few
// sets of the first-level cache.
std::size_t strideOf(std::size_t size, const Kernels& kernels) {
  constexpr std::size_t kLine = 16; // floats
  const std::size_t padded = (size + kernels.panelWidth - 1) / kernels.panelWidth * kernels.panelWidth;
  return (padded + kLine - 1) / kLine * kLine | kLine;
}

} // namespace

Batch::Batch(const Network& network_, const Kernels& kernels_, std::size_t capacity_, std::size_t phases)
    : network(network_), kernels(kernels_), capacity(capacity_), residual(capacity_), iterations(capacity_),
      converged(capacity_), active(capacity_), energy(capacity_), cost(capacity_), wrong(capacity_),
      driven_(network_.layers.size()) {
  const std::size_t layers = network.layers.size();
  for (const ParameterSpec& p : network.parameters) {
    if (p.kind != ParameterSpec::dense) continue;
    if (network.layers[p.pre].clamped) driven_[p.post] = true;
    if (network.layers[p.post].clamped) driven_[p.pre] = true;
  }
  state_.resize(phases + 2);
  activity_.resize(phases + 2);
  for (std::size_t slot = 0; slot < state_.size(); ++slot) {
    for (std::size_t i = 0; i < layers; ++i) {
      const LayerSpec& layer = network.layers[i];
      const bool own = slot == 0 || !layer.clamped; // a clamped layer is the same in every slot
      const Values state = own ? allocate(i) : state_[0][i];
      const bool copy = layer.activation == Activation::identity;
      state_[slot].push_back(state);
      activity_[slot].push_back(copy ? state : own ? allocate(i) : activity_[0][i]);
    }
  }
  for (std::size_t i = 0; i < layers; ++i) {
    base_.push_back(driven_[i] && !network.layers[i].clamped ? allocate(i) : Values{});
    change_.push_back(network.layers[i].clamped ? Values{} : allocate(i));
  }
  target_ = allocate(network.output);
}

Values Batch::allocate(std::size_t layer) {
  const std::size_t stride = strideOf(network.layers[layer].size, kernels);
  memory_.emplace_back(stride * capacity);
  return {memory_.back().data(), stride};
}

Values Batch::state(std::size_t layer, int slot) const { return state_[index(slot)][layer]; }
Values Batch::activity(std::size_t layer, int slot) const { return activity_[index(slot)][layer]; }

void Batch::activate(int slot, std::size_t from, std::size_t to) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    if (layer.activation == Activation::identity) continue;
    for (std::size_t e = from; e < to; ++e) {
      kernels.activate(state(i, slot).row(e), activity(i, slot).row(e), layer.size, layer.activation);
    }
  }
}

void Batch::clearStart(std::size_t from, std::size_t to) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const LayerSpec& layer = network.layers[i];
    if (layer.clamped) continue;
    // Zero, or the nearest state that the range allows.
    const float zero = std::min(std::max(0.0f, layer.low), layer.high);
    for (std::size_t e = from; e < to; ++e) std::fill_n(state(i, kStart).row(e), layer.size, zero);
  }
}

} // namespace eqprop
