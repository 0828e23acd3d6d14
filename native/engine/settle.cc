#include "engine/settle.h"

#include <algorithm>
#include <cmath>

#include "engine/cost.h"
#include "engine/drive.h"

namespace eqprop {

namespace {

// What the nudge of an example of this weight adds to the curvature of F, at most.
float boundOf(const CostSpec& cost, float beta, float weight) {
  return std::max(beta * weight * cost.least, beta * weight * cost.most);
}

// The kernel of this precision.
void (*stepOf(const Batch& batch))(const StepArgs&) {
  switch (batch.precision) {
  case Precision::bf16: return batch.kernels.narrow.bf16;
  case Precision::splitBf16: return batch.kernels.narrow.splitBf16;
  default: return batch.kernels.step;
  }
}

LayerStep compileLayer(const Parameters& parameters, const Batch& batch, const Phase& phase, std::size_t i, int from,
                       int to) {
  const Network& network = batch.network;
  const LayerSpec& layer = network.layers[i];
  const CostSpec& cost = network.cost;
  const bool descends = phase.dynamics.kind != Dynamics::euler;
  const bool inPlace = phase.dynamics.kind == Dynamics::coordinateDescent;
  const bool nudged = i == network.output && phase.beta != 0;

  LayerStep step;
  step.layer = i;
  step.from = from;
  step.sources = sourcesOf(parameters, batch, i, from, false);
  step.together = inPlace && parameters.coupling(i);
  const int into = step.together ? Batch::kScratch : to;
  // Rates that differ, or a response, take the general step. Where the cost is a plain squared error the nudge
  // β(d − s) is part of the other one; else its force is computed before each step.
  const bool weighted = nudged && batch.weight();
  const bool general = descends && (step.together || weighted || layer.response != Activation::identity);
  const bool closed = nudged && !general && !weighted && cost.kind == CostSpec::squaredError && cost.weights.empty();
  step.nudged = nudged && !closed;

  const Values base = batch.base(i), state = batch.state(i, from), next = batch.state(i, into);
  const Values target = closed ? batch.target() : batch.nudge();
  const bool smooth = layer.activation != Activation::identity;
  // Euler: s' = s + ε(input − leak·s + nudge); else s' = s + ω/(curvature of F)·(input − leak·s + nudge). Both are
  // gathered by what multiplies s, input and the target or nudge.
  const float beta = nudged ? phase.beta : 0, rate = phase.dynamics.rate;
  const float leak = layer.leak + (closed ? beta : 0);
  const float curvature = layer.leak + (nudged && !weighted ? boundOf(cost, beta, 1) : 0);
  StepArgs& a = step.args;
  a.input = {{nullptr, 0}, layer.size, base.data, base.stride, nullptr, step.sources.size()};
  a.state = state.data;
  a.activity = smooth ? batch.activity(i, from).data : nullptr;
  a.target = nudged ? target.data : nullptr;
  a.next = next.data;
  a.nextActivity = smooth ? batch.activity(i, into).data : nullptr;
  a.stride = state.stride;
  a.targetStride = target.stride;
  a.keep = 1 - rate * (descends ? leak / curvature : leak);
  a.gain = descends ? rate / curvature : rate;
  a.pull = a.gain * beta;
  a.low = layer.low;
  a.high = layer.high;
  a.activation = layer.activation;
  a.descent = nullptr;
  a.moves = batch.moves(i);
  if (general) {
    step.descent = {rate,
                    leak,
                    beta,
                    curvature,
                    weighted ? batch.bound.data() : nullptr,
                    step.together ? parameters.coupling(i) : nullptr,
                    layer.response};
    a.descent = &step.descent;
  }
  return step;
}

bool holdsOutput(const Batch& batch, const Phase& phase) {
  return phase.clamp && !batch.network.layers[batch.network.output].clamped;
}

std::vector<LayerStep> compile(const Parameters& parameters, const Batch& batch, const Phase& phase, int from, int to) {
  std::vector<LayerStep> steps;
  const bool isFree = phase.beta == 0 && !phase.clamp;
  for (const std::size_t i : isFree ? batch.network.outwards : batch.network.inwards) {
    if (i == batch.network.output && holdsOutput(batch, phase)) continue;
    steps.push_back(compileLayer(parameters, batch, phase, i, from, to));
  }
  for (LayerStep& step : steps) { // they have stopped moving
    step.args.input.sources = step.sources.data();
    if (step.args.descent) step.args.descent = &step.descent;
  }
  return steps;
}

void copyRow(Batch& batch, std::size_t example, int from, int to) {
  for (const std::size_t i : batch.network.outwards) batch.copyLayer(i, example, from, to);
}

// Both halves of the double buffer hold the output where the phase clamps it.
void clampOutput(Batch& batch, const Phase& phase, int slot, std::size_t example) {
  const std::size_t output = batch.network.output, size = batch.network.layers[output].size;
  const float *y = batch.state(output, phase.from).row(example), *target = batch.target().row(example);
  for (const int half : {slot, Batch::kScratch}) {
    float* held = batch.state(output, half).row(example);
    for (std::size_t j = 0; j < size; ++j) held[j] = (1 - *phase.clamp) * y[j] + *phase.clamp * target[j];
    batch.activate(output, half, example);
  }
}

} // namespace

Settling::Settling(const Parameters& parameters, const Batch& batch, const Phase& phase, int slot)
    : step_(stepOf(batch)), parameters_(parameters), phase_(phase), slot_(slot),
      inPlace_(phase.dynamics.kind == Dynamics::coordinateDescent), holdsOutput_(holdsOutput(batch, phase)) {
  const std::size_t last = phase.dynamics.iterations;
  // Where all layers move at once, the phase's own slot and the scratch slot are a double buffer, in such order that the
  // last step ends in its own. The first step reads where the phase comes from, unless that has to be changed first.
  begin_ = last == 0 || inPlace_ ? slot : holdsOutput_ ? (slotAfter(1) == slot ? Batch::kScratch : slot) : phase.from;
  if (last == 0) return;
  first_ = compile(parameters, batch, phase, begin_, slotAfter(1));
  even_ = compile(parameters, batch, phase, inPlace_ ? slot : Batch::kScratch, slot);
  odd_ = compile(parameters, batch, phase, slot, Batch::kScratch);
}

int Settling::slotAfter(std::size_t step) const {
  return inPlace_ || (phase_.dynamics.iterations - step) % 2 == 0 ? slot_ : Batch::kScratch;
}

void Settling::begin(Batch& batch, std::uint32_t example) const {
  batch.converged[example] = 0;
  batch.iterations[example] = static_cast<std::uint32_t>(phase_.dynamics.iterations);
  batch.residual[example] = 0;
  if (begin_ != phase_.from) copyRow(batch, example, phase_.from, begin_);
  if (holdsOutput_) clampOutput(batch, phase_, slot_, example);
  if (batch.weight()) batch.bound[example] = boundOf(batch.network.cost, phase_.beta, batch.weight()[example]);
}

void Settling::take(Batch& batch, const LayerStep& step, const Rows& rows) const {
  StepArgs args = step.args;
  args.input.rows = rows;
  args.residual = batch.residual.data();
  args.words = batch.words.data() + (rows.index - batch.active.data()) * static_cast<std::ptrdiff_t>(batch.wordStride);
  args.wordStride = batch.wordStride;
  if (step.nudged) nudge(parameters_, batch, step.from, rows);
  step_(args);
  if (!step.together) return;
  for (std::size_t r = 0; r < rows.count; ++r) {
    batch.copyLayer(step.layer, rows.index[r], Batch::kScratch, step.from);
  }
}

void Settling::run(Batch& batch, std::size_t from, std::size_t to, Lease& seats) const {
  Lease::Share share(seats);
  const std::size_t last = phase_.dynamics.iterations;
  std::uint32_t* rows = batch.active.data() + from;
  std::size_t active = 0;
  for (std::size_t e = from; e < to; ++e) {
    if (batch.lostAt[e] != 0) continue; // in an earlier phase
    rows[active++] = static_cast<std::uint32_t>(e);
    begin(batch, static_cast<std::uint32_t>(e));
  }
  for (std::size_t step = 1; step <= last && active > 0; ++step) {
    if (!share.goOn()) return;
    const int into = slotAfter(step);
    for (std::size_t r = 0; r < active; ++r) batch.residual[rows[r]] = 0;
    for (const LayerStep& layer : step == 1 ? first_ : into == slot_ ? even_ : odd_) {
      take(batch, layer, {rows, active});
    }
    // Examples that rest leave, each for itself, so that no result depends on who shares the batch. A tolerance of 0
    // asks for all iterations.
    std::size_t left = 0;
    for (std::size_t r = 0; r < active; ++r) {
      const std::uint32_t e = rows[r];
      batch.converged[e] = batch.residual[e] <= phase_.dynamics.tolerance;
      const bool lost = !std::isfinite(batch.residual[e]); // no later step would mend it
      if (!lost && (!batch.converged[e] || phase_.dynamics.tolerance == 0)) {
        rows[left++] = e;
        continue;
      }
      batch.iterations[e] = static_cast<std::uint32_t>(step);
      if (lost) {
        batch.lostAt[e] = static_cast<std::uint32_t>(step);
        batch.lostIn[e] = static_cast<std::uint32_t>(slot_);
      }
      if (into != slot_) copyRow(batch, e, into, slot_);
    }
    active = left;
  }
}

} // namespace eqprop
