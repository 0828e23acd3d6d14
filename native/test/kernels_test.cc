// Every kernel of every instruction set that runs here against plain loops in double, over odd sizes, with padding
// that must stay zero and memory beyond it that must stay untouched.
#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "check.h"
#include "kernels/dispatch.h"
#include "layer.h"
#include "reference.h"

namespace {

using namespace eqprop;
using test::kGuard;
using test::Numbers;
using test::panelEnd;
using test::Problem;
using test::rho;
using test::slopeOf;

void testAffine(Problem& p) {
  std::vector<float> out(p.examples * p.stride, kGuard);
  p.kernels.affine(p.input(), out.data(), p.stride);
  for (std::size_t e = 0; e < p.examples; ++e) {
    for (std::size_t j = 0; j < p.size; ++j) {
      if (e % 2)
        CHECK(out[e * p.stride + j] == kGuard);
      else
        CHECK_NEAR(out[e * p.stride + j], p.total(e, j), 2e-5);
    }
    for (std::size_t j = panelEnd(p); j < p.stride; ++j) CHECK(out[e * p.stride + j] == kGuard);
  }
}

void testStep(Problem& p, Activation activation, bool nudged, double low = -0.2) {
  std::vector<float> next(p.examples * p.stride, kGuard), activity(p.examples * p.stride, kGuard);
  std::vector<float> residual(p.examples, 0.0f);
  const double keep = 0.35, gain = 0.5, pull = 0.15, high = 0.9;
  std::vector<float> current(p.state.size());
  for (std::size_t i = 0; i < current.size(); ++i) current[i] = static_cast<float>(rho(p.state[i], activation));
  StepArgs args{p.input(),
                p.state.data(),
                current.data(),
                nudged ? p.target.data() : nullptr,
                next.data(),
                activation == Activation::identity ? nullptr : activity.data(),
                p.stride,
                p.stride,
                static_cast<float>(keep),
                static_cast<float>(gain),
                static_cast<float>(pull),
                static_cast<float>(low),
                static_cast<float>(high),
                activation,
                residual.data()};
  p.kernels.step(args);
  for (std::size_t e = 0; e < p.examples; e += 2) {
    double largest = 0;
    for (std::size_t j = 0; j < p.size; ++j) {
      const std::size_t at = e * p.stride + j;
      const double s = p.state[at];
      double expected = keep * s + gain * slopeOf(s, activation) * p.total(e, j) + (nudged ? pull * p.target[at] : 0);
      expected = std::fmin(high, std::fmax(low, expected));
      CHECK_NEAR(next[at], expected, 2e-5);
      if (activation != Activation::identity) CHECK_NEAR(activity[at], rho(expected, activation), 2e-5);
      largest = std::fmax(largest, std::fabs(expected - s));
    }
    CHECK_NEAR(residual[e], largest, 2e-5);
    for (std::size_t j = p.size; j < panelEnd(p); ++j) {
      CHECK(next[e * p.stride + j] == 0);
      if (activation != Activation::identity) CHECK(activity[e * p.stride + j] == 0);
    }
    for (std::size_t j = panelEnd(p); j < p.stride; ++j) CHECK(next[e * p.stride + j] == kGuard);
  }
}

// A step whose rate differs between examples and units, or that goes where a response says, with units that are held.
void testDescent(Problem& p, Activation activation, Activation response, bool bounded, bool coupled) {
  std::vector<float> next(p.examples * p.stride, kGuard), activity(p.examples * p.stride, kGuard);
  std::vector<float> residual(p.examples, 0.0f), bound(p.examples), coupling(p.stride), moves(p.state.size());
  std::vector<float> current(p.state.size());
  for (std::size_t i = 0; i < current.size(); ++i) {
    current[i] = static_cast<float>(rho(p.state[i], activation));
    moves[i] = i % 3 == 0 ? 0.0f : 1.0f;
  }
  for (std::size_t e = 0; e < p.examples; ++e) bound[e] = 0.1f * static_cast<float>(e);
  for (std::size_t j = 0; j < p.size; ++j) coupling[j] = 0.01f * static_cast<float>(j);
  const Descent descent{
      0.8f, 1.5f, 0.4f, 1.7f, bounded ? bound.data() : nullptr, coupled ? coupling.data() : nullptr, response};
  const bool smooth = activation != Activation::identity;
  p.kernels.step({p.input(), p.state.data(), current.data(), p.target.data(), next.data(),
                  smooth ? activity.data() : nullptr, p.stride, p.stride, 0, 0, 0, -0.2f, 0.9f, activation,
                  residual.data(), &descent, moves.data()});
  for (std::size_t e = 0; e < p.examples; e += 2) {
    double largest = 0;
    for (std::size_t j = 0; j < p.size; ++j) {
      const std::size_t at = e * p.stride + j;
      const double s = p.state[at];
      const double force = slopeOf(s, activation) * p.total(e, j) - 1.5 * s + 0.4 * p.target[at];
      const double curvature = 1.7 + (bounded ? bound[e] : 0) + (coupled ? coupling[j] : 0);
      double expected =
          response == Activation::identity ? s + 0.8 / curvature * force : 0.2 * s + 0.8 * rho(force, response);
      expected = moves[at] == 0 ? s : std::fmin(0.9, std::fmax(-0.2, expected));
      CHECK_NEAR(next[at], expected, 2e-5);
      if (moves[at] == 0) CHECK(next[at] == p.state[at]);
      if (smooth) CHECK_NEAR(activity[at], rho(expected, activation), 2e-5);
      largest = std::fmax(largest, std::fabs(expected - s));
    }
    CHECK_NEAR(residual[e], largest, 2e-5);
    for (std::size_t j = p.size; j < panelEnd(p); ++j) CHECK(next[e * p.stride + j] == 0);
    for (std::size_t j = panelEnd(p); j < p.stride; ++j) CHECK(next[e * p.stride + j] == kGuard);
  }
}

// The general step does what the plain one does, bit by bit, where nothing is held.
void testAllMove(Problem& p) {
  std::vector<float> plain(p.examples * p.stride, kGuard), general = plain, residual(p.examples);
  const std::vector<float> moves(p.state.size(), 1.0f);
  StepArgs args{p.input(),       p.state.data(), nullptr, p.target.data(), plain.data(), nullptr, p.stride,
                p.stride,        0.35f,          0.5f,    0.15f,           -0.2f,        0.9f,    Activation::identity,
                residual.data(), nullptr,        nullptr};
  p.kernels.step(args);
  args.next = general.data();
  args.moves = moves.data();
  p.kernels.step(args);
  CHECK(std::memcmp(plain.data(), general.data(), plain.size() * sizeof(float)) == 0);
}

void testSoftmax(const Kernels& kernels, Numbers& numbers) {
  for (const std::size_t size : {1u, 2u, 3u, 10u, 16u, 17u, 40u}) {
    for (const float spread : {0.1f, 5.0f, 300.0f}) {
      const std::size_t padded = (size + kernels.lanes - 1) / kernels.lanes * kernels.lanes;
      std::vector<float> x(padded, 1e4f), p(padded + 1, kGuard); // what stands in the padding does not count
      for (std::size_t j = 0; j < size; ++j) x[j] = numbers.between(-spread, spread) - spread;
      kernels.softmax(x.data(), p.data(), size);
      const double highest = *std::max_element(x.data(), x.data() + size);
      double sum = 0;
      for (std::size_t j = 0; j < size; ++j) sum += std::exp(x[j] - highest);
      for (std::size_t j = 0; j < size; ++j) CHECK_NEAR(p[j], std::exp(x[j] - highest) / sum, 1e-6);
      for (std::size_t j = size; j < padded; ++j) CHECK(p[j] == 0);
      CHECK(p[padded] == kGuard);
    }
  }
}

void testEnergy(Problem& p) {
  std::vector<double> energy(p.examples, 1.0);
  EnergyArgs args{p.input(), p.state.data(), p.state.data(), p.stride, 1.5f, 0.5f, energy.data()};
  p.kernels.energy(args);
  for (std::size_t e = 0; e < p.examples; ++e) {
    double expected = 1;
    for (std::size_t j = 0; j < p.size && e % 2 == 0; ++j) {
      const double s = p.state[e * p.stride + j];
      expected += 0.5 * (1.5 * s * s - s * p.total(e, j));
    }
    CHECK_NEAR(energy[e], expected, 1e-4 * (1 + std::fabs(expected)));
  }
}

// The bits of rows of `count` values, `stride` apart.
std::vector<std::uint64_t> marked(const Kernels& kernels, const std::vector<float>& values, std::size_t count,
                                  std::size_t stride) {
  const std::size_t words = (count + 63) / 64, rows = values.size() / stride;
  std::vector<std::uint64_t> bits(rows * words, ~std::uint64_t{0});
  for (std::size_t e = 0; e < rows; ++e) kernels.mark(&values[e * stride], count, &bits[e * words]);
  for (std::size_t e = 0; e < rows; ++e) {
    for (std::size_t k = 0; k < words * 64; ++k) {
      CHECK((bits[e * words + k / 64] >> k % 64 & 1) == (k < count && values[e * stride + k] != 0));
    }
  }
  return bits;
}

// Two terms of different coefficients, the first of mostly zeros, by a rule.
void testOuter(Problem& p, const Update& rule, bool moves, bool looked) {
  const std::size_t count = p.sources[0].count, width = p.kernels.panelWidth, words = (count + 63) / 64;
  const std::size_t from = count / 3, to = count;
  std::vector<float> sparse = p.activities[0];
  for (std::size_t i = 0; i < sparse.size(); ++i) sparse[i] = i % 7 < 5 ? 0 : sparse[i];
  const std::vector<std::uint64_t> bits = marked(p.kernels, sparse, count, count + 1);
  OuterTerm terms[2] = {{sparse.data(), count + 1, p.state.data(), p.stride, 2},
                        {p.activities[0].data(), count + 1, p.target.data(), p.stride, -0.75f}};
  if (looked) terms[0].nonzero = {bits.data(), words};
  for (std::size_t panel = 0; panel < p.panels; ++panel) {
    std::vector<float> weights(count * width, 0.25f), velocity(count * width, moves ? 0.125f : kGuard);
    p.kernels.outer(
        {terms, 2, p.examples, from, to, panel, p.size, rule, weights.data(), moves ? velocity.data() : nullptr});
    for (std::size_t k = 0; k < count; ++k) {
      for (std::size_t lane = 0; lane < width && panel * width + lane < p.size; ++lane) {
        double sum = 0;
        for (std::size_t e = 0; e < p.examples; ++e) {
          const std::size_t at = e * p.stride + panel * width + lane, row = e * (count + 1) + k;
          sum += 2.0 * sparse[row] * p.state[at] - 0.75 * p.activities[0][row] * p.target[at];
        }
        double w = 0.25, v = moves ? 0.125 : 0;
        if (k >= from) {
          const double d = rule.scale * sum - rule.decay * w;
          v = moves ? rule.momentum * v + d : d;
          w += rule.rate * (rule.nesterov ? d + rule.momentum * v : v);
        }
        CHECK_NEAR(weights[k * width + lane], w, 1e-5 * (1 + std::fabs(w)));
        if (moves) CHECK_NEAR(velocity[k * width + lane], v, 1e-5 * (1 + std::fabs(v)));
        if (!moves) CHECK(velocity[k * width + lane] == kGuard);
      }
    }
  }
}

void testOuter(Problem& p) {
  for (const bool looked : {false, true}) {
    testOuter(p, {-0.5f}, false, looked);
    testOuter(p, {0.05f, 0.3f, 0.4f}, false, looked);
    testOuter(p, {0.05f, 0.3f, 0.4f, 0.9f, false}, true, looked);
    testOuter(p, {0.05f, 0.3f, 0.0f, 0.9f, true}, true, looked);
  }
}

// Where a term has nothing but zeros, weights stay as they are, unless something else moves them.
void testNothingToAdd(const Kernels& kernels) {
  const std::vector<float> zeros(200, 0.0f), ones(kernels.panelWidth, 1.0f);
  const std::vector<std::uint64_t> bits = marked(kernels, zeros, 100, 100);
  const OuterTerm term = {zeros.data(), 100, ones.data(), 0, 1, {bits.data(), 2}};
  std::vector<float> weights(100 * kernels.panelWidth, 0.5f), velocity(weights.size(), 1.0f);
  kernels.outer({&term, 1, 2, 0, 100, 0, kernels.panelWidth, {}, weights.data(), nullptr});
  for (const float w : weights) CHECK(w == 0.5f);
  kernels.outer({&term, 1, 2, 0, 100, 0, kernels.panelWidth, {1, 1, 0.5f}, weights.data(), nullptr});
  for (const float w : weights) CHECK(w == 0.25f);
  kernels.outer({&term, 1, 2, 0, 100, 0, kernels.panelWidth, {1, 1, 0, 0.5f}, weights.data(), velocity.data()});
  for (const float w : weights) CHECK(w == 0.75f);
}

// Zeros passed over change no bit, and panels can be computed one by one.
void testSparse(const Kernels& kernels, Numbers& numbers) {
  Problem p(kernels, numbers, 150, {130, 64}, 13);
  std::vector<std::vector<std::uint64_t>> bits;
  for (std::size_t i = 0; i < p.sources.size(); ++i) {
    for (float& a : p.activities[i]) a = numbers.between(0, 1) < 0.8f ? 0 : a;
    bits.push_back(marked(kernels, p.activities[i], p.sources[i].count, p.sources[i].stride));
  }
  std::vector<float> all(p.examples * p.stride), some(p.examples * p.stride);
  kernels.affine(p.input(), all.data(), p.stride);
  for (std::size_t i = 0; i < p.sources.size(); ++i) {
    p.sources[i].nonzero = {bits[i].data(), (p.sources[i].count + 63) / 64};
  }
  for (std::size_t panel = p.panels; panel-- > 0;) {
    Input one = p.input();
    one.fromPanel = panel;
    one.toPanel = panel + 1;
    kernels.affine(one, some.data(), p.stride);
  }
  CHECK(std::memcmp(all.data(), some.data(), all.size() * sizeof(float)) == 0);
}

// A NaN or an infinity in a weight must reach the state and the residual: clipping may not hide it.
void testNotFinite(const Kernels& kernels, Numbers& numbers) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Problem p(kernels, numbers, 5, {4}, 1);
    p.at(p.weights[0], 4, 1, 2) = bad;
    p.sources[0].weights = p.weights[0].data();
    std::vector<float> next(p.stride), residual(1);
    std::vector<double> energy(1);
    p.kernels.step({p.input(), p.state.data(), nullptr, nullptr, next.data(), nullptr, p.stride, 0, 0.5f, 0.5f, 0, 0, 1,
                    Activation::identity, residual.data(), nullptr, nullptr});
    if (std::isnan(bad)) CHECK(std::isnan(next[2]) && std::isnan(residual[0]));
    p.kernels.energy({p.input(), p.state.data(), p.state.data(), p.stride, 1, 1, energy.data()});
    CHECK(!std::isfinite(energy[0]));
  }
}

// An example's result may not depend on who shares its tile.
void testCompany(const Kernels& kernels, Numbers& numbers) {
  Problem p(kernels, numbers, 70, {33, 5}, 13);
  std::vector<float> together(p.examples * p.stride), alone(p.examples * p.stride);
  kernels.affine(p.input(), together.data(), p.stride);
  for (const std::uint32_t e : p.rows) {
    Input one = p.input();
    one.rows = {&e, 1};
    kernels.affine(one, alone.data(), p.stride);
    CHECK(std::memcmp(&alone[e * p.stride], &together[e * p.stride], p.size * sizeof(float)) == 0);
  }
}

void testPeak(const Kernels& kernels) {
  float result = 0;
  CHECK(kernels.peak(1000, &result) >= 2.0 * 1000 * static_cast<double>(kernels.lanes));
  CHECK(std::isnormal(result));
}

void testActivate(const Kernels& kernels) {
  std::vector<float> s, r;
  for (float x = -100; x <= 100; x += 0.173f) s.push_back(x);
  const std::size_t size = s.size();
  s.resize(size + kernels.lanes, 3.0f);
  r.resize(s.size(), kGuard);
  for (const Activation activation : {Activation::identity, Activation::sigmoid, Activation::tanh}) {
    kernels.activate(s.data(), r.data(), size, activation);
    for (std::size_t i = 0; i < size; ++i) CHECK_NEAR(r[i], rho(s[i], activation), 3e-7);
    for (std::size_t i = size; i < (size + kernels.lanes - 1) / kernels.lanes * kernels.lanes; ++i) CHECK(r[i] == 0);
  }
}

} // namespace

int main() {
  for (const Kernels* kernels : availableKernels()) {
    Numbers numbers(7);
    for (const std::size_t size : {1u, 3u, 10u, 15u, 16u, 17u, 33u, 64u, 65u, 130u}) {
      for (const std::size_t examples : {1u, 2u, 9u, 12u, 21u}) {
        Problem p(*kernels, numbers, size, {1 + numbers.below(40), 1 + numbers.below(7)}, examples);
        testAffine(p);
        for (const Activation activation : {Activation::identity, Activation::sigmoid, Activation::tanh}) {
          testStep(p, activation, false);
          testStep(p, activation, true);
          testStep(p, activation, true, 0.4); // a range that leaves out 0
        }
        for (const Activation response : {Activation::identity, Activation::sigmoid, Activation::tanh}) {
          testDescent(p, Activation::identity, response, true, false);
          testDescent(p, Activation::tanh, response, false, true);
          testDescent(p, Activation::identity, response, true, true);
        }
        testAllMove(p);
        testEnergy(p);
        testOuter(p);
      }
    }
    testNotFinite(*kernels, numbers);
    testCompany(*kernels, numbers);
    testSparse(*kernels, numbers);
    testNothingToAdd(*kernels);
    testActivate(*kernels);
    testPeak(*kernels);
    testSoftmax(*kernels, numbers);
    std::printf("%s: %d failures\n", kernels->name, test::failures());
  }
  return test::finish();
}
