#include "kernels/trial.h"

#include <cmath>
#include <vector>

namespace eqprop {

namespace {

constexpr std::size_t kExamples = 51, kUnits = 90;
constexpr std::size_t kSources[] = {75, 40};

// Numbers that look random, in [−1, 1].
std::vector<float> numbers(std::size_t count) {
  std::vector<float> values(count);
  std::uint32_t state = 1;
  for (float& x : values) {
    state = state * 1664525u + 1013904223u;
    x = static_cast<float>(state >> 8) / 8388608.0f - 1;
  }
  return values;
}

// A source's activities and weights, in words as well.
struct Feed {
  Feed(const Kernels& table, std::size_t units)
      : count(units), activity(numbers(kExamples * units)), weights(numbers(panels(table) * units * table.panelWidth)),
        high(panels(table) * pairsOf(units) * table.panelWidth), low(high.size()) {
    const std::size_t width = table.panelWidth;
    for (std::size_t panel = 0; panel < panels(table); ++panel) {
      for (std::size_t k = 0; k < count; k += 2) {
        const float* row = &weights[(panel * count + k) * width];
        const std::size_t at = (panel * pairsOf(count) + k / 2) * width;
        table.pack(row, k + 1 < count ? row + width : nullptr, width, &high[at], &low[at]);
      }
    }
  }

  static std::size_t panels(const Kernels& table) { return (kUnits + table.panelWidth - 1) / table.panelWidth; }
  Source source() const { return {activity.data(), count, weights.data(), count, {}, {high.data(), low.data()}}; }

  std::size_t count;
  std::vector<float> activity, weights;
  std::vector<std::uint32_t> high, low;
};

} // namespace

bool comesOutAlike(const Kernels& table, const NarrowKernels& tried) {
  const Feed first(table, kSources[0]), second(table, kSources[1]);
  const Source sources[] = {first.source(), second.source()};
  const std::size_t stride = Feed::panels(table) * table.panelWidth;
  const std::size_t wordStride = 2 * (pairsOf(kSources[0]) + pairsOf(kSources[1]));
  std::vector<std::uint32_t> rows, words(kExamples * wordStride);
  for (std::uint32_t e = 0; e < kExamples; ++e) rows.push_back((e * 20) % kExamples); // in no order
  const std::vector<float> state = numbers(kExamples * stride), base(stride);
  const auto next = [&](void (*step)(const StepArgs&)) {
    std::vector<float> end(kExamples * stride), residual(kExamples);
    StepArgs args = {};
    args.input = {{rows.data(), rows.size()}, kUnits, base.data(), 0, sources, 2};
    args.state = state.data();
    args.next = end.data();
    args.stride = stride;
    args.keep = args.gain = 0.5f;
    args.low = -HUGE_VALF;
    args.high = HUGE_VALF;
    args.residual = residual.data();
    args.words = words.data();
    args.wordStride = wordStride;
    step(args);
    return end;
  };
  const auto alike = [&](void (*a)(const StepArgs&), void (*b)(const StepArgs&)) {
    constexpr float kBound = 1e-4f; // the order of sums changes less, rounding to bf16 more
    const std::vector<float> one = next(a), other = next(b);
    for (std::size_t i = 0; i < one.size(); ++i) {
      if (!(std::fabs(one[i] - other[i]) <= kBound)) return false;
    }
    return true;
  };
  return alike(table.narrow.bf16, tried.bf16) && alike(table.narrow.splitBf16, tried.splitBf16);
}

} // namespace eqprop
