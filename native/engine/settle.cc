#include "engine/settle.h"

#include <algorithm>

namespace eqprop {

namespace {

// The free (or the clamped) layers that feed a layer, with the weights in that layer's panels.
std::vector<Source> sourcesOf(const Parameters& parameters, const Batch& batch, std::size_t layer, int slot,
                              bool clamped) {
  std::vector<Source> sources;
  const Network& network = batch.network;
  for (std::size_t i = 0; i < network.parameters.size(); ++i) {
    const ParameterSpec& p = network.parameters[i];
    if (p.kind != ParameterSpec::dense) continue;
    const bool forward = p.post == layer;
    if (!forward && p.pre != layer) continue;
    const std::size_t other = forward ? p.pre : p.post;
    if (network.layers[other].clamped != clamped) continue;
    const Values activity = batch.activity(other, slot);
    sources.push_back({activity.data, activity.stride, forward ? parameters.panels(i) : parameters.transposed(i),
                       network.layers[other].size});
  }
  return sources;
}

std::vector<std::size_t> freeLayers(const Network& network) {
  std::vector<std::size_t> free;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    if (!network.layers[i].clamped) free.push_back(i);
  }
  return free;
}

// A layer's part of an iteration, from one slot to another, with all that does not change in between.
struct LayerStep {
  std::vector<Source> sources;
  StepArgs args;
};

std::vector<LayerStep> compile(const Parameters& parameters, Batch& batch, const Phase& phase, int from, int to) {
  std::vector<LayerStep> steps;
  const Network& network = batch.network;
  std::vector<std::size_t> order = network.order;
  if (phase.beta != 0) std::reverse(order.begin(), order.end());
  for (const std::size_t i : order) {
    const LayerSpec& layer = network.layers[i];
    LayerStep step;
    step.sources = sourcesOf(parameters, batch, i, from, false);
    const Values base = batch.base(i), state = batch.state(i, from), next = batch.state(i, to);
    const bool smooth = layer.activation != Activation::identity;
    const bool nudged = i == network.output && phase.beta != 0;
    // Euler: s' = s + ε(input − leak·s + β(d − s)); else s' = s + ω((input + βd)/(leak + β) − s). Both are gathered by
    // what multiplies s, input and d.
    const float beta = nudged ? phase.beta : 0, curvature = layer.leak + beta;
    const bool descends = phase.dynamics.kind != Dynamics::euler;
    const float rate = descends ? phase.dynamics.rate / curvature : phase.dynamics.rate;
    StepArgs& a = step.args;
    a.input = {{nullptr, 0}, layer.size, base.data, base.stride, nullptr, step.sources.size()};
    a.state = state.data;
    a.activity = smooth ? batch.activity(i, from).data : nullptr;
    a.target = nudged ? batch.target().data : nullptr;
    a.next = next.data;
    a.nextActivity = smooth ? batch.activity(i, to).data : nullptr;
    a.stride = state.stride;
    a.targetStride = batch.target().stride;
    a.keep = descends ? 1 - phase.dynamics.rate : 1 - rate * curvature;
    a.gain = rate;
    a.pull = rate * beta;
    a.low = layer.low;
    a.high = layer.high;
    a.activation = layer.activation;
    a.residual = batch.residual.data();
    steps.push_back(std::move(step));
  }
  for (LayerStep& step : steps) step.args.input.sources = step.sources.data(); // the vectors have stopped moving
  return steps;
}

void copyRow(Batch& batch, std::size_t example, int from, int to) {
  for (const std::size_t i : freeLayers(batch.network)) {
    const std::size_t stride = batch.state(i, from).stride;
    std::copy_n(batch.state(i, from).row(example), stride, batch.state(i, to).row(example));
    if (batch.network.layers[i].activation == Activation::identity) continue;
    std::copy_n(batch.activity(i, from).row(example), stride, batch.activity(i, to).row(example));
  }
}

} // namespace

void drive(const Parameters& parameters, Batch& batch, std::size_t from, std::size_t to) {
  std::vector<std::uint32_t> rows;
  for (std::size_t e = from; e < to; ++e) rows.push_back(static_cast<std::uint32_t>(e));
  for (const std::size_t i : freeLayers(batch.network)) {
    if (!batch.driven(i)) continue; // its base is its bias: bindBases
    const std::vector<Source> sources = sourcesOf(parameters, batch, i, 0, true);
    const Values out = batch.base(i);
    const Input input = {{rows.data(), rows.size()},
                         batch.network.layers[i].size,
                         parameters.bias(i),
                         0,
                         sources.data(),
                         sources.size()};
    batch.kernels.affine(input, out.data, out.stride);
  }
}

void settle(const Parameters& parameters, Batch& batch, const Phase& phase, int slot, std::size_t from, std::size_t to,
            const std::atomic<bool>& cancel) {
  const std::size_t last = phase.dynamics.iterations;
  const bool inPlace = phase.dynamics.kind == Dynamics::coordinateDescent;
  std::uint32_t* rows = batch.active.data() + from;
  std::size_t active = 0;
  for (std::size_t e = from; e < to; ++e) {
    rows[active++] = static_cast<std::uint32_t>(e);
    batch.converged[e] = 0;
    batch.iterations[e] = static_cast<std::uint32_t>(last);
    batch.residual[e] = 0;
    if (last == 0 || inPlace) copyRow(batch, e, phase.from, slot);
  }
  if (last == 0) return;

  // Where all layers move at once, the phase's own slot and the scratch slot are a double buffer, in such order that the
  // last step ends in its own.
  const auto slotAfter = [&](std::size_t step) { return inPlace || (last - step) % 2 == 0 ? slot : Batch::kScratch; };
  std::vector<LayerStep> first = compile(parameters, batch, phase, inPlace ? slot : phase.from, slotAfter(1));
  std::vector<LayerStep> even = compile(parameters, batch, phase, inPlace ? slot : Batch::kScratch, slot);
  std::vector<LayerStep> odd = compile(parameters, batch, phase, slot, Batch::kScratch);

  for (std::size_t step = 1; step <= last && active > 0; ++step) {
    if (cancel.load(std::memory_order_relaxed)) return;
    const int into = slotAfter(step);
    for (std::size_t r = 0; r < active; ++r) batch.residual[rows[r]] = 0;
    for (LayerStep& layer : step == 1 ? first : into == slot ? even : odd) {
      layer.args.input.rows = {rows, active};
      batch.kernels.step(layer.args);
    }
    // Examples that rest leave, each for itself, so that no result depends on who shares the batch. A tolerance of 0
    // asks for all iterations.
    std::size_t left = 0;
    for (std::size_t r = 0; r < active; ++r) {
      const std::uint32_t e = rows[r];
      batch.converged[e] = batch.residual[e] <= phase.dynamics.tolerance;
      if (!batch.converged[e] || phase.dynamics.tolerance == 0) {
        rows[left++] = e;
        continue;
      }
      batch.iterations[e] = static_cast<std::uint32_t>(step);
      if (into != slot) copyRow(batch, e, into, slot);
    }
    active = left;
  }
}

void measureEnergy(const Parameters& parameters, Batch& batch, int slot, std::size_t from, std::size_t to) {
  std::vector<std::uint32_t> rows;
  for (std::size_t e = from; e < to; ++e) {
    rows.push_back(static_cast<std::uint32_t>(e));
    batch.energy[e] = 0;
  }
  for (const std::size_t i : freeLayers(batch.network)) {
    const LayerSpec& layer = batch.network.layers[i];
    const std::vector<Source> sources = sourcesOf(parameters, batch, i, slot, false);
    const Values base = batch.base(i), state = batch.state(i, slot);
    EnergyArgs args;
    args.input = {{rows.data(), rows.size()}, layer.size, base.data, base.stride, sources.data(), sources.size()};
    args.state = state.data;
    args.activity = batch.activity(i, slot).data;
    args.stride = state.stride;
    args.leak = layer.leak;
    args.energy = batch.energy.data();
    batch.kernels.energy(args);
  }
}

void measureCost(Batch& batch, int slot, std::size_t from, std::size_t to) {
  const std::size_t size = batch.network.layers[batch.network.output].size;
  for (std::size_t e = from; e < to; ++e) {
    const float* y = batch.state(batch.network.output, slot).row(e);
    const float* d = batch.target().row(e);
    double sum = 0;
    for (std::size_t j = 0; j < size; ++j) {
      const double difference = static_cast<double>(y[j]) - d[j];
      sum += difference * difference;
    }
    batch.cost[e] = 0.5 * sum;
  }
}

std::size_t prediction(const Batch& batch, int slot, std::size_t example) {
  const float* y = batch.state(batch.network.output, slot).row(example);
  return static_cast<std::size_t>(std::max_element(y, y + batch.network.layers[batch.network.output].size) - y);
}

} // namespace eqprop
