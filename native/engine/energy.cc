#include "engine/energy.h"

#include <algorithm>
#include <cmath>

#include "engine/drive.h"

namespace eqprop {

namespace {

double xLogX(double x) { return x > 0 ? x * std::log(x) : 0; }

// G(s), whose slope is the inverse of σ, or of tanh.
double potential(double s, Activation response) {
  if (response == Activation::sigmoid) return xLogX(s) + xLogX(1 - s);
  return 0.5 * (xLogX(1 + s) + xLogX(1 - s));
}

bool hasBias(const Network& network, std::size_t layer) {
  const auto isBias = [&](const Connection& c) { return c.kind == Connection::bias && c.post == layer; };
  return std::any_of(network.connections.begin(), network.connections.end(), isBias);
}

} // namespace

EnergyMeter::EnergyMeter(const Parameters& parameters, const Batch& batch, int slot) {
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const LayerSpec& layer = batch.network.layers[i];
    const Values state = batch.state(i, slot);
    if (layer.response != Activation::identity) potentials_.push_back({layer.size, state, layer.response});
    // An edge between two free layers, or two clamped ones, is counted where it leads to; what joins a free layer with a
    // clamped one stands in the free one's base. A lateral weight is met twice, once from each of its units.
    const auto isLike = [&](std::size_t other) { return batch.network.layers[other].clamped == layer.clamped; };
    const auto leadsHere = [&](const Connection& c, std::size_t other) {
      return c.post == i && other != i && isLike(other);
    };
    const auto isLateral = [&](const Connection&, std::size_t other) { return other == i; };
    std::vector<Source> sources = sourcesOf(parameters, batch, i, slot, leadsHere);
    std::vector<Source> lateral = sourcesOf(parameters, batch, i, slot, isLateral);
    const Values base = layer.clamped ? Values{const_cast<float*>(parameters.bias(i)), 0} : batch.base(i);
    const Values nothing = {const_cast<float*>(parameters.zeros()), 0};
    if (!layer.clamped || layer.leak != 0 || !sources.empty() || hasBias(batch.network, i)) {
      addPart(batch, i, slot, std::move(sources), base, layer.leak, 1);
    }
    if (!lateral.empty()) addPart(batch, i, slot, std::move(lateral), nothing, 0, 0.5f);
  }
}

void EnergyMeter::addPart(const Batch& batch, std::size_t layer, int slot, std::vector<Source> from, const Values& base,
                          float leak, float share) {
  parts_.push_back({std::move(from), {}});
  const std::vector<Source>& sources = parts_.back().sources; // whose memory moves with it
  const Values state = batch.state(layer, slot);
  const Input input = {{nullptr, 0},  batch.network.layers[layer].size, base.data, base.stride, sources.data(),
                       sources.size()};
  parts_.back().args = {input, state.data, batch.activity(layer, slot).data, state.stride, leak, share, nullptr};
}

void EnergyMeter::run(Batch& batch, std::size_t from, std::size_t to) const {
  for (std::size_t e = from; e < to; ++e) {
    batch.energy[e] = 0;
    for (const Potential& p : potentials_) {
      for (std::size_t j = 0; j < p.size; ++j) batch.energy[e] += potential(p.state.row(e)[j], p.response);
    }
  }
  for (const Part& part : parts_) {
    EnergyArgs args = part.args;
    args.input.rows = batch.rows(from, to);
    args.energy = batch.energy.data();
    batch.kernels.energy(args);
  }
}

} // namespace eqprop
