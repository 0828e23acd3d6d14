// Steps in bf16 of every set of instructions that runs here, against plain loops in double, over odd sizes.
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "kernels/dispatch.h"
#include "kernels/trial.h"
#include "layer.h"
#include "reference.h"
#include "tile_registers.h"

namespace eqprop {
extern const Kernels avx512Kernels;
extern const NarrowKernels modelledTiles;
} // namespace eqprop

namespace {

using namespace eqprop;
using test::kGuard;
using test::Numbers;
using test::panelEnd;
using test::Problem;
using test::rho;
using test::slopeOf;

constexpr float kInfinite = std::numeric_limits<float>::infinity();

float floatOf(std::uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

// The first or second number of a word.
float numberOf(std::uint32_t word, std::size_t which) { return floatOf(which % 2 ? word & 0xffff0000u : word << 16); }

// A problem whose weights stand in words, too, and memory for its activities.
struct Narrow {
  Narrow(Problem& p_, bool split_) : p(p_), split(split_) {
    const std::size_t width = p.kernels.panelWidth;
    for (std::size_t i = 0; i < p.sources.size(); ++i) {
      const std::size_t count = p.sources[i].count, padded = pairsOf(count);
      high.emplace_back(p.panels * padded * width);
      low.emplace_back(split ? high.back().size() : 0);
      for (std::size_t panel = 0; panel < p.panels; ++panel) {
        for (std::size_t k = 0; k < count; k += 2) {
          const float* row = &p.weights[i][(panel * count + k) * width];
          const std::size_t at = (panel * padded + k / 2) * width;
          p.kernels.pack(row, k + 1 < count ? row + width : nullptr, width, &high[i][at],
                         split ? &low[i][at] : nullptr);
        }
      }
      p.sources[i].pairs = {high[i].data(), split ? low[i].data() : nullptr};
      stride += split ? 2 * padded : padded;
    }
    words.assign(p.rows.size() * stride, 0x7fc07fc0); // NaN: padding has to be cleared
    words.push_back(12345);
  }

  void step(const NarrowKernels& narrow, StepArgs args) {
    args.words = words.data();
    args.wordStride = stride;
    (split ? narrow.splitBf16 : narrow.bf16)(args);
    CHECK(words.back() == 12345);
  }

  Problem& p;
  bool split;
  std::vector<std::vector<std::uint32_t>> high, low;
  std::vector<std::uint32_t> words;
  std::size_t stride = 0;
};

void testStep(Problem& p, const NarrowKernels& kernels, Activation activation, bool split, bool general) {
  std::vector<float> next(p.examples * p.stride, kGuard), activity(p.examples * p.stride, kGuard);
  std::vector<float> residual(p.examples), current(p.state.size());
  const std::vector<float> moves(p.state.size(), 1.0f);
  for (std::size_t i = 0; i < current.size(); ++i) current[i] = static_cast<float>(rho(p.state[i], activation));
  const bool smooth = activation != Activation::identity;
  Narrow narrow(p, split);
  narrow.step(kernels, {p.input(), p.state.data(), current.data(), p.target.data(), next.data(),
                        smooth ? activity.data() : nullptr, p.stride, p.stride, 0.35f, 0.5f, 0.15f, -0.2f, 0.9f,
                        activation, residual.data(), nullptr, general ? moves.data() : nullptr});
  const double bound = split ? 2e-5 : 2e-2;
  for (std::size_t e = 0; e < p.examples; e += 2) {
    double largest = 0;
    for (std::size_t j = 0; j < p.size; ++j) {
      const std::size_t at = e * p.stride + j;
      const double s = p.state[at];
      double expected = 0.35 * s + 0.5 * slopeOf(s, activation) * p.total(e, j) + 0.15 * p.target[at];
      expected = std::fmin(0.9, std::fmax(-0.2, expected));
      CHECK_NEAR(next[at], expected, bound);
      if (smooth) CHECK_NEAR(activity[at], rho(expected, activation), bound);
      largest = std::fmax(largest, std::fabs(next[at] - s));
    }
    CHECK_NEAR(residual[e], largest, 1e-6);
    for (std::size_t j = p.size; j < panelEnd(p); ++j) CHECK(next[e * p.stride + j] == 0);
    for (std::size_t j = panelEnd(p); j < p.stride; ++j) CHECK(next[e * p.stride + j] == kGuard);
  }
}

// s' = the input alone, by a step that clips nothing.
std::vector<float> inputs(Problem& p, const NarrowKernels& kernels, bool split) {
  std::vector<float> next(p.examples * p.stride), residual(p.examples);
  Narrow narrow(p, split);
  narrow.step(kernels, {p.input(), p.state.data(), nullptr, nullptr, next.data(), nullptr, p.stride, 0, 0, 1, 0,
                        -kInfinite, kInfinite, Activation::identity, residual.data(), nullptr, nullptr});
  return next;
}

// Nothing but sums is rounded beside the numbers themselves: with these the products are what they are in double.
void testRounding(Problem& p, const NarrowKernels& kernels) {
  const std::vector<float> next = inputs(p, kernels, false);
  Narrow narrow(p, false);
  const auto rounded = [&](float x) {
    std::uint32_t word = 0;
    p.kernels.pack(&x, nullptr, 1, &word, nullptr);
    return static_cast<double>(numberOf(word, 0));
  };
  for (const std::uint32_t e : p.rows) {
    for (std::size_t j = 0; j < p.size; ++j) {
      double sum = p.base[e * p.stride + j];
      for (std::size_t i = 0; i < p.sources.size(); ++i) {
        const Source& source = p.sources[i];
        for (std::size_t k = 0; k < source.count; ++k) {
          sum += rounded(source.activity[e * source.stride + k]) * rounded(p.at(p.weights[i], source.count, k, j));
        }
      }
      CHECK_NEAR(next[e * p.stride + j], sum, 2e-5);
    }
  }
}

// An example's result may not depend on who shares its tile, nor on where in the list it stands.
void testCompany(Problem& p, const NarrowKernels& kernels) {
  for (const bool split : {false, true}) {
    const std::vector<float> together = inputs(p, kernels, split);
    const std::vector<std::uint32_t> all = p.rows;
    for (const std::uint32_t e : all) {
      p.rows = {e};
      const std::vector<float> alone = inputs(p, kernels, split);
      CHECK(std::memcmp(&alone[e * p.stride], &together[e * p.stride], p.size * sizeof(float)) == 0);
    }
    p.rows = all;
  }
}

void testNotFinite(const Kernels& table, const NarrowKernels& kernels, Numbers& numbers) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), kInfinite}) {
    for (const bool split : {false, true}) {
      Problem p(table, numbers, 5, {4}, 1);
      p.at(p.weights[0], 4, 1, 2) = bad;
      const std::vector<float> next = inputs(p, kernels, split);
      CHECK(!std::isfinite(next[2]));
      CHECK(std::isfinite(next[1]));
    }
  }
}

// Rounding of weights: to the nearest, ties to even, and what is left of them in the low words.
void testPack(const Kernels& kernels, Numbers& numbers) {
  const auto packed = [&](float x) {
    std::uint32_t high = 0, low = 0;
    kernels.pack(&x, &x, 1, &high, &low);
    CHECK(high >> 16 == (high & 0xffff) && low >> 16 == (low & 0xffff));
    return std::pair<double, double>(numberOf(high, 0), numberOf(low, 1));
  };
  for (int i = 0; i < 2000; ++i) {
    const float x = std::ldexp(numbers.between(-1, 1), static_cast<int>(numbers.below(40)) - 20);
    const auto [high, low] = packed(x);
    CHECK_NEAR(high, x, std::fabs(x) * std::ldexp(1, -8));
    CHECK_NEAR(high + low, x, std::fabs(x) * std::ldexp(1, -16));
  }
  CHECK(packed(1 + std::ldexp(1.0f, -8)).first == 1);
  CHECK(packed(1 + std::ldexp(3.0f, -8)).first == 1 + std::ldexp(1, -6));
  CHECK(packed(1 + std::ldexp(1.01f, -8)).first == 1 + std::ldexp(1, -7));
  CHECK(std::isinf(packed(kInfinite).first));
  CHECK(std::isnan(packed(floatOf(0x7fffffffu)).first));
  CHECK(std::isnan(packed(floatOf(0xff800001u)).first));
}

#if defined(__x86_64__)
// What is right passes; what is plain where it should be split, or takes the wrong examples, does not.
void testTrial(const Kernels& table) {
  CHECK(comesOutAlike(table, modelledTiles));
  CHECK(comesOutAlike(table, avx512Kernels.narrow));
  CHECK(!comesOutAlike(table, {"plain", modelledTiles.bf16, modelledTiles.bf16}));
  CHECK(!comesOutAlike(table, {"float32", table.step, modelledTiles.splitBf16}));
  const auto half = [](const StepArgs& args) {
    StepArgs fewer = args;
    fewer.input.rows.count /= 2;
    modelledTiles.bf16(fewer);
  };
  CHECK(!comesOutAlike(table, {"half", half, modelledTiles.splitBf16}));
}
#endif

void testAll(const Kernels& table, const NarrowKernels& kernels) {
  Numbers numbers(7);
  for (const std::size_t size : {1u, 10u, 16u, 17u, 33u, 64u, 65u, 130u}) {
    for (const std::size_t examples : {1u, 2u, 9u, 21u, 35u, 67u, 101u}) {
      Problem p(table, numbers, size, {1 + numbers.below(70), 1 + numbers.below(7)}, examples);
      for (const Activation activation : {Activation::identity, Activation::sigmoid, Activation::tanh}) {
        for (const bool split : {false, true}) {
          testStep(p, kernels, activation, split, false);
          testStep(p, kernels, activation, split, true);
        }
      }
      testRounding(p, kernels);
    }
  }
  Problem p(table, numbers, 70, {33, 5}, 75);
  testCompany(p, kernels);
  testNotFinite(table, kernels, numbers);
  std::printf("%s, bf16 by %s: %d failures\n", table.name, kernels.name, test::failures());
}

} // namespace

int main() {
  for (const Kernels* kernels : availableKernels()) {
    Numbers numbers(5);
    testPack(*kernels, numbers);
    testAll(*kernels, kernels->narrow);
#if defined(__x86_64__)
    if (kernels->name != std::string("avx512")) continue;
    testAll(*kernels, avx512Kernels.narrow); // what the processor's own instructions stand in for
    testAll(*kernels, modelledTiles);
    CHECK(test::tiles.released());
    testTrial(*kernels);
#endif
  }
  return test::finish();
}
