#include "engine/dataset.h"

#include <algorithm>
#include <utility>

namespace eqprop {

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
  Buffer<std::uint8_t> visited(data.count);
  // Large, and made where JavaScript waits: the pages come to the threads that fill them.
  data.persistent = Buffer<float>(data.count * network.freeUnits(), Unset());
  data.visited = std::move(visited);
}

void recall(const Dataset& data, std::size_t example, Batch& batch, std::size_t row) {
  if (!data.visited[example]) return batch.clearStart(row, row + 1);
  const float* from = data.persistent.data() + example * batch.network.freeUnits();
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const LayerSpec& layer = batch.network.layers[i];
    if (layer.clamped) continue;
    std::copy_n(from, layer.size, batch.state(i, Batch::kStart).row(row));
    from += layer.size;
  }
}

void keep(Dataset& data, std::size_t example, const Batch& batch, int slot, std::size_t row) {
  float* to = data.persistent.data() + example * batch.network.freeUnits();
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const LayerSpec& layer = batch.network.layers[i];
    if (layer.clamped) continue;
    std::copy_n(batch.state(i, slot).row(row), layer.size, to);
    to += layer.size;
  }
  data.visited[example] = 1;
}

void readPersistent(const Dataset& data, std::size_t first, std::size_t count, float* states, std::uint8_t* visited) {
  const std::size_t units = data.freeUnits();
  for (std::size_t e = 0; e < count; ++e, states += units) {
    visited[e] = data.visited[first + e];
    if (visited[e])
      std::copy_n(data.persistent.data() + (first + e) * units, units, states);
    else
      std::fill_n(states, units, 0.0f);
  }
}

void writePersistent(Dataset& data, std::size_t first, std::size_t count, const float* states,
                     const std::uint8_t* visited) {
  const std::size_t units = data.freeUnits();
  std::copy_n(states, count * units, data.persistent.data() + first * units);
  std::copy_n(visited, count, data.visited.data() + first);
}

} // namespace eqprop
