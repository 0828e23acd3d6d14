#include "fuzz/kernel_calls.h"

#include <algorithm>
#include <cstring>

#include "fuzz/kernel_layer.h"
#include "test/reference.h"

namespace fuzz {

namespace {

using test::rho;

void affine(const Kernels& kernels, Choices& choices) {
  KernelLayer layer(kernels, choices);
  Floats out = layer.results();
  Input input = layer.input();
  if (choices.flip()) input.fromPanel = choices.below(static_cast<unsigned>(layer.panels));
  kernels.affine(input, out.data(), layer.stride);
  const std::size_t first = std::min(layer.size, input.fromPanel * kernels.panelWidth);
  for (std::size_t e = 0; e < layer.examples; ++e) {
    for (std::size_t j = 0; j < layer.size; ++j) {
      const float found = out[e * layer.stride + j];
      if (!layer.listed[e] || j < first)
        CHECK(found == kGuard);
      else
        CHECK(allows(layer.total(e, j), found));
    }
  }
}

// How a step goes, and the state that it must find.
struct Rule {
  Rule(KernelLayer& layer_) : layer(layer_), choices(layer_.choices) {
    activation = choices.of<Activation>({Activation::identity, Activation::sigmoid, Activation::tanh});
    state = layer.values(0, 1);
    activity = layer.values(-1, 1);
    if (choices.flip()) target = layer.values(0, 1);
    low = choices.of<float>({-0.2f, 0, 0.4f, -HUGE_VALF});
    high = choices.of<float>({0.9f, 1, HUGE_VALF});
    keep = choices.within(-1, 1), gain = choices.within(-1, 1), pull = choices.within(-1, 1);
    holds = choices.oneIn(4);
    descends = choices.oneIn(3);
    if (holds) {
      moves = Floats(layer.examples * layer.stride, choices.below(16), 1);
      for (std::size_t i = 0; i < moves.size(); i += choices.between(1, 4)) moves[i] = 0;
    }
    if (!descends) return;
    if (choices.flip()) bound = Floats(layer.examples, choices.below(16));
    if (choices.flip()) coupling = Floats(layer.panels * layer.kernels.panelWidth, choices.below(16));
    choices.fill(bound, bound.size(), 0, 2, 0);
    choices.fill(coupling, coupling.size(), 0, 2, 0);
    descent = {choices.within(0.1f, 1.5f),
               choices.within(0, 2),
               choices.within(-1, 1),
               choices.within(0.5f, 3),
               bound.size() ? bound.data() : nullptr,
               coupling.size() ? coupling.data() : nullptr,
               choices.of<Activation>({Activation::identity, Activation::sigmoid, Activation::tanh})};
  }

  StepArgs args(Floats& next, Floats& nextActivity, Floats& residual) {
    const bool smooth = activation != Activation::identity;
    return {layer.input(),
            state.data(),
            smooth ? activity.data() : nullptr,
            target.size() ? target.data() : nullptr,
            next.data(),
            smooth ? nextActivity.data() : nullptr,
            layer.stride,
            layer.stride,
            keep,
            gain,
            pull,
            low,
            high,
            activation,
            residual.data(),
            descends ? &descent : nullptr,
            holds ? moves.data() : nullptr};
  }

  bool held(std::size_t at) const { return holds && moves[at] == 0; }

  // ρ'(s)·input.
  Sum driven(std::size_t e, std::size_t j, double lost) const {
    const Sum total = layer.total(e, j, lost);
    if (activation == Activation::identity) return total;
    const double r = activity[e * layer.stride + j];
    const double slope = activation == Activation::sigmoid ? r * (1 - r) : 1 - r * r;
    const double size = activation == Activation::sigmoid ? std::fabs(r) + r * r : 1 + r * r;
    Sum sum;
    sum.reach(total.peak), sum.reach(size), sum.reach(size * total.peak);
    sum.deepest = total.depth();
    sum.lost = size * total.lost;
    sum.add(slope * total.value, size * total.magnitude);
    return sum;
  }

  Sum next(std::size_t e, std::size_t j, double lost) const {
    const std::size_t at = e * layer.stride + j;
    const double s = state[at], d = target.size() ? target[at] : 0;
    const Sum x = driven(e, j, lost);
    Sum sum;
    if (!descends) {
      sum.add(keep * s);
      sum.add(x, gain);
      if (target.size()) sum.add(pull * d);
      return sum;
    }
    Sum force = x;
    force.add(-descent.leak * s);
    if (target.size()) force.add(descent.beta * d);
    if (descent.response == Activation::identity) {
      const double curvature =
          static_cast<double>(descent.curvature) + (bound.size() ? bound[e] : 0) + (coupling.size() ? coupling[j] : 0);
      sum.add(s);
      sum.add(force, descent.relaxation / curvature);
      return sum;
    }
    sum.add((1 - static_cast<double>(descent.relaxation)) * s);
    const double response = rho(force.value, descent.response);
    sum.reach(force.peak);
    sum.lost = 3 * descent.relaxation * (force.bound() + 3e-7); // no slope is above 1, and ρ is computed to 3e-7
    sum.add(descent.relaxation * response);
    return sum;
  }

  KernelLayer& layer;
  Choices& choices;
  Activation activation;
  Floats state, activity, target, moves, bound, coupling;
  float low, high, keep, gain, pull;
  bool holds, descends;
  Descent descent{};
};

void checkStep(const Rule& rule, const Floats& next, const Floats& nextActivity, const Floats& residual, double lost) {
  const KernelLayer& layer = rule.layer;
  layer.checkFrame(next);
  if (rule.activation != Activation::identity) layer.checkFrame(nextActivity);
  for (std::size_t e = 0; e < layer.examples; ++e) {
    if (!layer.listed[e]) continue;
    float largest = 0.0625f; // what stood there
    for (std::size_t j = 0; j < layer.size; ++j) {
      const std::size_t at = e * layer.stride + j;
      const float found = next[at], s = rule.state[at];
      // A held unit under a force that is no number may become none, too.
      if (rule.held(at))
        CHECK(found == s || std::isnan(found));
      else
        CHECK(allows(rule.next(e, j, lost), found, rule.low, rule.high));
      if (rule.activation != Activation::identity) {
        const double r = rho(found, rule.activation);
        CHECK(std::isnan(r) ? std::isnan(nextActivity[at]) : std::fabs(nextActivity[at] - r) <= 4e-7);
      }
      const float change = std::fabs(found - s);
      if (change > largest || std::isnan(change)) largest = std::isnan(largest) ? largest : change;
    }
    if (std::isnan(largest))
      CHECK(std::isnan(residual[e]));
    else
      CHECK(residual[e] == largest);
  }
}

void step(const Kernels& kernels, Choices& choices) {
  KernelLayer layer(kernels, choices);
  Rule rule(layer);
  Floats next = layer.results(), nextActivity = layer.results();
  Floats residual(layer.examples, choices.below(16), 0.0625f);
  kernels.step(rule.args(next, nextActivity, residual));
  checkStep(rule, next, nextActivity, residual, 0);
}

void narrow(const Kernels& kernels, Choices& choices) {
  KernelLayer layer(kernels, choices);
  for (Source& source : layer.sources) source.nonzero = {}; // of no meaning here
  for (Feeder& feeder : layer.feeders) feeder.nonzero.clear();
  Rule rule(layer);
  const bool split = choices.flip();
  const std::size_t width = kernels.panelWidth;
  std::deque<std::vector<std::uint32_t>> memory;
  std::size_t stride = 0;
  for (Source& source : layer.sources) {
    const std::size_t padded = pairsOf(source.count);
    std::vector<std::uint32_t>& high = memory.emplace_back(layer.panels * padded * width);
    std::vector<std::uint32_t>& low = memory.emplace_back(split ? high.size() : 0);
    for (std::size_t panel = 0; panel < layer.panels; ++panel) {
      for (std::size_t k = 0; k < source.count; k += 2) {
        const float* row = source.weights + (panel * source.count + k) * width;
        const std::size_t at = (panel * padded + k / 2) * width;
        kernels.pack(row, k + 1 < source.count ? row + width : nullptr, width, &high[at], split ? &low[at] : nullptr);
      }
    }
    source.pairs = {high.data(), split ? low.data() : nullptr};
    stride += split ? 2 * padded : padded;
  }
  std::vector<std::uint32_t> words(layer.rows.size() * stride, 0x7fc07fc0); // no number: padding has to be cleared
  Floats next = layer.results(), nextActivity = layer.results();
  Floats residual(layer.examples, choices.below(16), 0.0625f);
  StepArgs args = rule.args(next, nextActivity, residual);
  args.words = words.data();
  args.wordStride = stride;
  (split ? kernels.narrow.splitBf16 : kernels.narrow.bf16)(args);
  checkStep(rule, next, nextActivity, residual, split ? 1.0 / (1 << 15) : 1.0 / (1 << 7));
}

void energy(const Kernels& kernels, Choices& choices) {
  KernelLayer layer(kernels, choices);
  const Floats state = layer.values(0, 1), activity = layer.values(-1, 1);
  const float leak = choices.within(0, 2), share = choices.of<float>({1, 0.5f});
  std::vector<double> found(layer.examples, 1.0);
  kernels.energy({layer.input(), state.data(), activity.data(), layer.stride, leak, share, found.data()});
  for (std::size_t e = 0; e < layer.examples; ++e) {
    if (!layer.listed[e]) {
      CHECK(found[e] == 1);
      continue;
    }
    Sum sum;
    sum.add(1);
    for (std::size_t j = 0; j < layer.size; ++j) {
      const double s = state[e * layer.stride + j];
      sum.reach(s * s);
      sum.add(0.5 * leak * s * s);
      sum.add(layer.total(e, j), -static_cast<double>(share) * activity[e * layer.stride + j]);
    }
    CHECK(allows(sum, found[e]));
  }
}

void outer(const Kernels& kernels, Choices& choices) {
  KernelLayer layer(kernels, choices);
  const std::size_t width = kernels.panelWidth, count = layer.feeders[0].count, termCount = choices.between(1, 3);
  const std::size_t panel = choices.below(static_cast<unsigned>(layer.panels));
  const std::size_t from = choices.below(static_cast<unsigned>(count)), to = choices.between(from, count);
  std::deque<Floats> memory;
  std::vector<OuterTerm> terms;
  for (std::size_t t = 0; t < termCount; ++t) {
    const Source& pre = layer.sources[0];
    const Floats& post = memory.emplace_back(layer.values(-1, 1));
    terms.push_back({pre.activity, pre.stride, post.data(), layer.stride, choices.of<float>({1, -0.75f, 2, -1}),
                     t == 0 ? pre.nonzero : Nonzero{}});
  }
  const bool moves = choices.flip();
  const Update rule{choices.within(-1, 1), choices.within(0, 1), choices.flip() ? 0 : choices.within(0, 1),
                    moves ? choices.within(0, 1) : 0, moves && choices.flip()};
  Floats weights(count * width, choices.below(16)), velocity(moves ? count * width : 0, choices.below(16));
  choices.fill(weights, weights.size(), -1, 1, layer.specials);
  choices.fill(velocity, velocity.size(), -1, 1, layer.specials);
  const Floats before = weights, slow = velocity;
  kernels.outer({terms.data(), termCount, layer.examples, from, to, panel, layer.size, rule, weights.data(),
                 moves ? velocity.data() : nullptr});
  const auto same = [](const Floats& a, const Floats& b, std::size_t at) {
    return std::memcmp(a.data() + at, b.data() + at, sizeof(float)) == 0;
  };
  for (std::size_t k = 0; k < count; ++k) {
    for (std::size_t lane = 0; lane < width && panel * width + lane < layer.size; ++lane) {
      const std::size_t at = k * width + lane;
      if (k < from || k >= to) {
        CHECK(same(weights, before, at) && (!moves || same(velocity, slow, at)));
        continue;
      }
      if (!std::isfinite(before[at])) { // times a decay of 0 that may be left out
        CHECK(!std::isfinite(weights[at]));
        continue;
      }
      Sum sum;
      for (std::size_t t = 0; t < termCount; ++t) {
        for (std::size_t e = 0; e < layer.examples; ++e) {
          const double a = terms[t].pre[e * terms[t].preStride + k];
          const double b = terms[t].post[e * layer.stride + panel * width + lane];
          if (a == 0 && !std::isfinite(b) && terms[t].nonzero.words)
            sum.reach(HUGE_VAL); // passed over, or not
          else
            sum.add(terms[t].coefficient * a * b);
        }
        sum.deepest += 3; // what is summed changes its unit
      }
      Sum d, v, w;
      d.add(sum, rule.scale);
      d.add(-static_cast<double>(rule.decay) * before[at]);
      if (moves) v.add(static_cast<double>(rule.momentum) * slow[at]);
      v.add(d, 1);
      w.add(before[at]);
      if (rule.nesterov) {
        w.add(d, rule.rate);
        w.add(v, static_cast<double>(rule.rate) * rule.momentum);
      } else {
        w.add(v, rule.rate);
      }
      CHECK(allows(w, weights[at]));
      if (moves) CHECK(allows(v, velocity[at]));
    }
  }
}

float upper(std::uint32_t word) {
  word &= 0xffff0000u;
  float x;
  std::memcpy(&x, &word, sizeof x);
  return x;
}

void checkPacked(float x, float high, const float* low) {
  if (!std::isfinite(x)) CHECK(std::isnan(x) ? std::isnan(high) : high == x);
  if (!(std::fabs(x) <= 3e38f)) return; // may round to infinity
  CHECK(std::fabs(static_cast<double>(x) - high) <= std::fabs(x) / 256 + kLeast);
  if (low) CHECK(std::fabs(static_cast<double>(x) - high - *low) <= std::fabs(x) / 65536.0 + kLeast);
}

// What works on one row.
void rows(const Kernels& kernels, Choices& choices) {
  const std::size_t size = choices.between(1, 200), padded = (size + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
  Floats x(padded, choices.below(16), kGuard), y(padded, choices.below(16), kGuard);
  const float spread = choices.of<float>({1, 5, 300});
  choices.fill(x, size, -spread, spread, choices.flip() ? 0 : choices.below(4));

  std::vector<std::uint64_t> words((size + 63) / 64, ~std::uint64_t{0});
  kernels.mark(x.data(), size, words.data());
  for (std::size_t k = 0; k < words.size() * 64; ++k) {
    CHECK((words[k / 64] >> k % 64 & 1) == (k < size && x[k] != 0));
  }

  const Activation activation = choices.of<Activation>({Activation::identity, Activation::sigmoid, Activation::tanh});
  kernels.activate(x.data(), y.data(), size, activation);
  for (std::size_t j = 0; j < padded; ++j) {
    const double r = rho(x[j], activation);
    if (j >= size)
      CHECK(y[j] == 0);
    else if (activation == Activation::identity)
      CHECK(std::memcmp(&x[j], &y[j], sizeof(float)) == 0);
    else
      CHECK(std::isnan(r) ? std::isnan(y[j]) : std::fabs(y[j] - r) <= 3e-7);
  }

  double highest = -HUGE_VAL, sum = 0;
  for (std::size_t j = 0; j < size; ++j) highest = std::isnan(x[j]) ? NAN : x[j] > highest ? x[j] : highest;
  for (std::size_t j = 0; j < size; ++j) sum += std::exp(x[j] - highest);
  kernels.softmax(x.data(), y.data(), size);
  for (std::size_t j = 0; j < padded; ++j) {
    if (j >= size)
      CHECK(y[j] == 0);
    else
      CHECK(std::isnan(sum) ? std::isnan(y[j]) : std::fabs(y[j] - std::exp(x[j] - highest) / sum) <= 1e-6);
  }

  const bool paired = choices.flip(), split = choices.flip();
  std::vector<std::uint32_t> high(size), low(split ? size : 0);
  Floats second(size, choices.below(16));
  choices.fill(second, size, -1, 1, 1);
  kernels.pack(x.data(), paired ? second.data() : nullptr, size, high.data(), split ? low.data() : nullptr);
  for (std::size_t j = 0; j < size; ++j) {
    const float first = split ? upper(low[j] << 16) : 0, other = split ? upper(low[j]) : 0;
    checkPacked(x[j], upper(high[j] << 16), split ? &first : nullptr);
    checkPacked(paired ? second[j] : 0, upper(high[j]), split ? &other : nullptr);
  }
}

} // namespace

const std::vector<KernelCall> kernelCalls = {{"affine", affine}, {"step", step},   {"narrow", narrow},
                                             {"energy", energy}, {"outer", outer}, {"rows", rows}};

} // namespace fuzz
