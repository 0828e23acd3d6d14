#include "engine/energy.h"

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

// Whether a clamped layer has an energy of its own, or with other clamped layers.
bool isConstant(const Network& network, std::size_t layer) {
  if (network.layers[layer].leak != 0) return true;
  for (const Connection& c : network.connections) {
    if ((c.pre == layer || c.post == layer) && network.layers[c.pre].clamped && network.layers[c.post].clamped) {
      return true;
    }
  }
  return false;
}

} // namespace

EnergyMeter::EnergyMeter(const Parameters& parameters, const Batch& batch, int slot) {
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const LayerSpec& layer = batch.network.layers[i];
    const Values state = batch.state(i, slot);
    if (layer.response != Activation::identity) potentials_.push_back({layer.size, state, layer.response});
    if (layer.clamped && !isConstant(batch.network, i)) continue;
    // An edge between two free layers, or two clamped ones, is counted half at each end.
    parts_.push_back({sourcesOf(parameters, batch, i, slot, layer.clamped), {}});
    const Values base = layer.clamped ? Values{const_cast<float*>(parameters.bias(i)), 0} : batch.base(i);
    const std::vector<Source>& sources = parts_.back().sources; // whose memory moves with it
    EnergyArgs& args = parts_.back().args;
    args.input = {{nullptr, 0}, layer.size, base.data, base.stride, sources.data(), sources.size()};
    args.state = state.data;
    args.activity = batch.activity(i, slot).data;
    args.stride = state.stride;
    args.leak = layer.leak;
    args.energy = nullptr;
  }
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
