#include "engine/batch.h"

#include <algorithm>
#include <numeric>

namespace eqprop {

namespace {

// An odd number of cache lines, so that a column of rows does not fall into a few sets of the first-level cache.
std::size_t oddLines(std::size_t numbers) {
  constexpr std::size_t kLine = 16; // numbers of four bytes
  return (numbers + kLine - 1) / kLine * kLine | kLine;
}

// A row holds whole panels.
std::size_t strideOf(std::size_t size, const Kernels& kernels) {
  return oddLines((size + kernels.panelWidth - 1) / kernels.panelWidth * kernels.panelWidth);
}

} // namespace

Batch::Batch(const Network& network_, const Kernels& kernels_, Precision precision_, std::size_t capacity_,
             std::size_t phases)
    : network(network_), kernels(kernels_), precision(precision_), capacity(capacity_), residual(capacity_),
      iterations(capacity_), converged(capacity_), lostAt(capacity_), lostIn(capacity_), active(capacity_),
      energy(capacity_), cost(capacity_), wrong(capacity_), all_(capacity_), moves_(network_.layers.size()),
      driven_(network_.layers.size()) {
  std::iota(all_.data(), all_.data() + capacity, 0u);
  const std::size_t layers = network.layers.size();
  for (const Connection& c : network.connections) {
    if (c.kind != Connection::dense) continue;
    if (network.layers[c.pre].clamped) driven_[c.post] = true;
    if (network.layers[c.post].clamped) driven_[c.pre] = true;
  }
  state_.resize(phases + 2);
  activity_.resize(phases + 2);
  for (std::size_t slot = 0; slot < state_.size(); ++slot) {
    for (std::size_t i = 0; i < layers; ++i) {
      const LayerSpec& layer = network.layers[i];
      const bool own = slot == 0 || !layer.clamped; // a clamped layer is the same in every slot
      const Values state = own ? allocate(layer.size) : state_[0][i];
      const bool copy = layer.activation == Activation::identity;
      state_[slot].push_back(state);
      activity_[slot].push_back(copy ? state : own ? allocate(layer.size) : activity_[0][i]);
    }
  }
  for (std::size_t i = 0; i < layers; ++i) {
    const LayerSpec& layer = network.layers[i];
    base_.push_back(driven_[i] && !layer.clamped ? allocate(layer.size) : Values{});
    change_.push_back(layer.clamped ? Values{} : allocate(layer.size));
    nonzero_.emplace_back(layer.clamped ? wordsOf(i) * capacity : 0);
  }
  target_ = allocate(network.targetSize());
  nudge_ = allocate(network.layers[network.output].size);
  if (network.readsOut()) {
    logits_ = allocate(network.targetSize());
    miss_ = allocate(network.targetSize());
  }
  if (precision != Precision::float32) wordStride = oddLines(mostWords());
  words = Buffer<std::uint32_t>(wordStride * capacity);
}

// That the free sources of any layer take up together.
std::size_t Batch::mostWords() const {
  std::vector<std::size_t> pairs(network.layers.size());
  for (const Connection& c : network.connections) {
    if (c.kind == Connection::bias || network.layers[c.pre].clamped || network.layers[c.post].clamped) continue;
    pairs[c.post] += pairsOf(network.layers[c.pre].size);
    if (c.pre != c.post) pairs[c.pre] += pairsOf(network.layers[c.post].size);
  }
  return *std::max_element(pairs.begin(), pairs.end()) * (precision == Precision::splitBf16 ? 2 : 1);
}

Values Batch::allocate(std::size_t size) {
  const std::size_t stride = strideOf(size, kernels);
  memory_.emplace_back(stride * capacity);
  return {memory_.back().data(), stride};
}

Values Batch::state(std::size_t layer, int slot) const { return state_[index(slot)][layer]; }
Values Batch::activity(std::size_t layer, int slot) const { return activity_[index(slot)][layer]; }

float* Batch::makeWeight() {
  weight_ = Buffer<float>(capacity);
  bound = Buffer<float>(capacity);
  return weight_.data();
}

Values Batch::makeMoves(std::size_t layer) { return moves_[layer] = allocate(network.layers[layer].size); }

void Batch::activate(std::size_t layer, int slot, std::size_t example) {
  const LayerSpec& l = network.layers[layer];
  if (l.activation == Activation::identity) return;
  kernels.activate(state(layer, slot).row(example), activity(layer, slot).row(example), l.size, l.activation);
}

void Batch::activate(int slot, std::size_t from, std::size_t to) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    for (std::size_t e = from; e < to; ++e) activate(i, slot, e);
  }
}

void Batch::mark(std::size_t from, std::size_t to) {
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (!network.layers[i].clamped) continue;
    for (std::size_t e = from; e < to; ++e) {
      kernels.mark(activity(i, 0).row(e), network.layers[i].size, &nonzero_[i][e * wordsOf(i)]);
    }
  }
}

void Batch::copyLayer(std::size_t layer, std::size_t example, int from, int to) {
  const Values source = state(layer, from);
  std::copy_n(source.row(example), source.stride, state(layer, to).row(example));
  if (network.layers[layer].activation == Activation::identity) return;
  std::copy_n(activity(layer, from).row(example), source.stride, activity(layer, to).row(example));
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
