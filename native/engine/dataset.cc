#include "engine/dataset.h"

#include <algorithm>

namespace eqprop {

namespace {

std::size_t freeUnits(const Network& network) {
  std::size_t units = 0;
  for (const LayerSpec& layer : network.layers) units += layer.clamped ? 0 : layer.size;
  return units;
}

} // namespace

void gather(const Dataset& data, std::size_t example, Batch& batch, std::size_t row) {
  float* input = batch.state(batch.network.input, 0).row(row);
  if (data.bytes.size()) {
    const std::uint8_t* bytes = data.bytes.data() + example * data.width;
    for (std::size_t i = 0; i < data.width; ++i) input[i] = static_cast<float>(bytes[i]) * data.scale;
  } else {
    std::copy_n(data.floats.data() + example * data.width, data.width, input);
  }
  const std::size_t outputs = batch.network.targetSize();
  float* target = batch.target().row(row);
  if (data.labels.size()) {
    std::fill_n(target, outputs, 0.0f);
    target[data.labels[example]] = 1;
  } else if (data.targets.size()) {
    std::copy_n(data.targets.data() + example * outputs, outputs, target);
  }
  if (data.weights.size()) batch.setWeight(row, data.weights[example]);
}

void allowPersistence(Dataset& data, const Network& network) {
  if (data.persistent.size()) return;
  data.persistent = Buffer<float>(data.count * freeUnits(network));
  data.visited = Buffer<std::uint8_t>(data.count);
}

void recall(const Dataset& data, std::size_t example, Batch& batch, std::size_t row) {
  if (!data.visited[example]) return batch.clearStart(row, row + 1);
  const float* from = data.persistent.data() + example * freeUnits(batch.network);
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const LayerSpec& layer = batch.network.layers[i];
    if (layer.clamped) continue;
    std::copy_n(from, layer.size, batch.state(i, Batch::kStart).row(row));
    from += layer.size;
  }
}

void keep(Dataset& data, std::size_t example, const Batch& batch, int slot, std::size_t row) {
  float* to = data.persistent.data() + example * freeUnits(batch.network);
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const LayerSpec& layer = batch.network.layers[i];
    if (layer.clamped) continue;
    std::copy_n(batch.state(i, slot).row(row), layer.size, to);
    to += layer.size;
  }
  data.visited[example] = 1;
}

} // namespace eqprop
