#include "engine/drive.h"

#include <numeric>

namespace eqprop {

std::vector<Source> sourcesOf(const Parameters& parameters, const Batch& batch, std::size_t layer, int slot,
                              bool clamped) {
  std::vector<Source> sources;
  const Network& network = batch.network;
  for (const Connection& c : network.connections) {
    const bool forward = c.post == layer;
    if (c.kind == Connection::bias || (!forward && c.pre != layer)) continue;
    const std::size_t other = forward ? c.pre : c.post;
    if (network.layers[other].clamped != clamped) continue;
    const Values activity = batch.activity(other, slot);
    const float* weights = forward ? parameters.panels(c.parameter) : parameters.transposed(c.parameter);
    sources.push_back({activity.data, activity.stride, weights, network.layers[other].size});
  }
  return sources;
}

std::vector<std::uint32_t> rowsOf(std::size_t from, std::size_t to) {
  std::vector<std::uint32_t> rows(to - from);
  std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(from));
  return rows;
}

void drive(const Parameters& parameters, Batch& batch, std::size_t from, std::size_t to) {
  const std::vector<std::uint32_t> rows = rowsOf(from, to);
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const LayerSpec& layer = batch.network.layers[i];
    if (layer.clamped || !batch.driven(i)) continue; // without drive its base is its bias: Plan::bindBases
    const std::vector<Source> sources = sourcesOf(parameters, batch, i, 0, true);
    const Values out = batch.base(i);
    batch.kernels.affine(
        {{rows.data(), rows.size()}, layer.size, parameters.bias(i), 0, sources.data(), sources.size()}, out.data,
        out.stride);
  }
}

} // namespace eqprop
