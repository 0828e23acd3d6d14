#include "engine/drive.h"

namespace eqprop {

std::vector<Source> sourcesOf(const Parameters& parameters, const Batch& batch, std::size_t layer, int slot,
                              bool clamped) {
  const auto feeds = [&](const Connection&, std::size_t other) {
    return batch.network.layers[other].clamped == clamped;
  };
  return sourcesOf(parameters, batch, layer, slot, feeds);
}

std::vector<Source> sourcesOf(const Parameters& parameters, const Batch& batch, std::size_t layer, int slot,
                              const Feeds& feeds) {
  std::vector<Source> sources;
  const Network& network = batch.network;
  for (const Connection& c : network.connections) {
    const bool forward = c.post == layer;
    if (c.kind == Connection::bias || (!forward && c.pre != layer)) continue;
    const std::size_t other = forward ? c.pre : c.post;
    if (!feeds(c, other)) continue;
    const Values activity = batch.activity(other, slot);
    const float* weights = forward ? parameters.panels(c.parameter) : parameters.transposed(c.parameter);
    sources.push_back({activity.data, activity.stride, weights, network.layers[other].size, batch.nonzero(other),
                       parameters.pairs(c.parameter, !forward)});
  }
  return sources;
}

Drive::Drive(const Parameters& parameters, const Batch& batch) : parameters_(parameters) {
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const LayerSpec& layer = batch.network.layers[i];
    if (layer.clamped || !batch.driven(i)) continue; // without drive its base is its bias: Plan::bindBases
    const std::size_t width = batch.kernels.panelWidth, panels = (layer.size + width - 1) / width;
    for (std::size_t panel = 0; panel < panels; ++panel) tasks_.push_back({parts_.size(), panel});
    parts_.push_back({i, panels, sourcesOf(parameters, batch, i, 0, true)});
  }
}

void Drive::run(Batch& batch, const Rows& rows, const Part& part, std::size_t fromPanel, std::size_t toPanel) const {
  const Values out = batch.base(part.layer);
  batch.kernels.affine({rows, batch.network.layers[part.layer].size, parameters_.bias(part.layer), 0,
                        part.sources.data(), part.sources.size(), fromPanel, toPanel},
                       out.data, out.stride);
}

void Drive::run(Batch& batch, std::size_t from, std::size_t to) const {
  for (const Part& part : parts_) run(batch, batch.rows(from, to), part, 0, part.panels);
}

void Drive::run(Batch& batch, const Rows& rows, const Task& task) const {
  run(batch, rows, parts_[task.part], task.panel, task.panel + 1);
}

} // namespace eqprop
