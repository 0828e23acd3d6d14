#include "engine/feed_forward.h"

#include "engine/drive.h"

namespace eqprop {

FeedForward::FeedForward(const Parameters& parameters, const Batch& batch, Start start) {
  if (start != Start::feedForward) return;
  const Network& network = batch.network;
  std::vector<bool> after(network.layers.size());
  for (const std::size_t i : network.outwards) after[i] = true;
  for (const std::size_t i : network.outwards) {
    after[i] = false;
    const LayerSpec& layer = network.layers[i];
    const int into = parameters.coupling(i) ? Batch::kScratch : Batch::kStart;
    const bool smooth = layer.activation != Activation::identity;
    const Values base = batch.base(i), state = batch.state(i, Batch::kStart), next = batch.state(i, into);
    const auto isBefore = [&](const Connection&, std::size_t other) {
      return !network.layers[other].clamped && !after[other];
    };
    steps_.push_back({i, into, sourcesOf(parameters, batch, i, Batch::kStart, isBefore), {}, {}});
    Step& step = steps_.back();
    // What is linear in the state leaves nothing of it: s = ρ'·input / leak, or σ(input).
    step.descent = {1, layer.leak, 0, layer.leak, nullptr, nullptr, layer.response};
    StepArgs& a = step.args;
    a = {};
    a.input = {{nullptr, 0}, layer.size, base.data, base.stride, nullptr, step.sources.size()};
    a.state = state.data;
    a.activity = smooth ? batch.activity(i, Batch::kStart).data : nullptr;
    a.next = next.data;
    a.nextActivity = smooth ? batch.activity(i, into).data : nullptr;
    a.stride = state.stride;
    a.gain = 1 / layer.leak;
    a.low = layer.low;
    a.high = layer.high;
    a.activation = layer.activation;
    a.moves = batch.moves(i);
  }
  for (Step& step : steps_) { // they have stopped moving
    step.args.input.sources = step.sources.data();
    if (network.layers[step.layer].response != Activation::identity) step.args.descent = &step.descent;
  }
}

void FeedForward::run(Batch& batch, std::size_t from, std::size_t to) const {
  for (const Step& step : steps_) {
    StepArgs args = step.args;
    args.input.rows = batch.rows(from, to);
    args.residual = batch.residual.data();
    batch.kernels.step(args);
    if (step.into == Batch::kStart) continue;
    for (std::size_t e = from; e < to; ++e) batch.copyLayer(step.layer, e, step.into, Batch::kStart);
  }
}

} // namespace eqprop
