#include "fuzz/kernel_layer.h"

namespace fuzz {

KernelLayer::KernelLayer(const Kernels& kernels_, Choices& choices_) : kernels(kernels_), choices(choices_) {
  size = choices.between(1, choices.oneIn(4) ? 2 * kernels.panelWidth + 9 : 24);
  examples = choices.between(1, 14);
  const std::size_t width = kernels.panelWidth;
  panels = (size + width - 1) / width;
  stride = panels * width + 3;
  baseStride = choices.oneIn(4) ? 0 : stride;
  specials = choices.flip() ? 0 : choices.below(3);
  base = values(-1, 1);
  for (std::size_t i = choices.between(1, 3); i > 0; --i) {
    feeders.emplace_back();
    Feeder& f = feeders.back();
    f.count = choices.between(1, choices.oneIn(4) ? 140 : 12);
    f.activity = Floats(examples * (f.count + 1), choices.below(16));
    choices.fill(f.activity, f.activity.size(), 0, 1, specials);
    if (choices.flip()) {
      for (std::size_t k = 0; k < f.activity.size(); ++k) f.activity[k] = k % 5 < 3 ? 0 : f.activity[k];
    }
    Floats dense(f.count * size, 0);
    choices.fill(dense, dense.size(), -0.5f, 0.5f, specials);
    f.weights = Floats(panels * f.count * width, choices.below(16));
    for (std::size_t k = 0; k < f.count; ++k) {
      for (std::size_t j = 0; j < size; ++j) {
        f.weights[(j / width * f.count + k) * width + j % width] = dense[k * size + j];
      }
    }
    const std::size_t words = (f.count + 63) / 64;
    if (choices.flip()) f.nonzero.resize(examples * words);
    for (std::size_t e = 0; e < examples && !f.nonzero.empty(); ++e) {
      kernels.mark(f.activity.data() + e * (f.count + 1), f.count, &f.nonzero[e * words]);
    }
    sources.push_back({f.activity.data(),
                       f.count + 1,
                       f.weights.data(),
                       f.count,
                       {f.nonzero.empty() ? nullptr : f.nonzero.data(), words}});
  }
  listed.assign(examples, false);
  for (std::uint32_t e = 0; e < examples; ++e) listed[e] = !choices.oneIn(4);
  for (std::uint32_t e = 0; e < examples; ++e) {
    if (listed[e]) rows.insert(choices.oneIn(4) ? rows.begin() : rows.end(), e);
  }
}

Floats KernelLayer::values(float low, float high) {
  Floats dense(examples * size, 0), rows_(examples * stride, choices.below(16));
  choices.fill(dense, dense.size(), low, high, specials);
  for (std::size_t e = 0; e < examples; ++e) {
    for (std::size_t j = 0; j < size; ++j) rows_[e * stride + j] = dense[e * size + j];
    for (std::size_t j = panels * kernels.panelWidth; j < stride; ++j) rows_[e * stride + j] = kGuard;
  }
  return rows_;
}

Sum KernelLayer::total(std::size_t e, std::size_t j, double lost) const {
  Sum sum;
  sum.add(baseOf(e, j));
  for (std::size_t i = 0; i < feeders.size(); ++i) {
    const Feeder& f = feeders[i];
    for (std::size_t k = 0; k < f.count; ++k) {
      const double a = f.activity[e * (f.count + 1) + k], w = weight(i, k, j);
      // A zero that may be passed over, or not if others of the tile are none: both are right.
      if (a == 0 && !std::isfinite(w) && !f.nonzero.empty()) {
        sum.reach(HUGE_VAL);
        continue;
      }
      sum.add(a * w);
      if (lost == 0) continue;
      sum.lost += lost * std::fabs(a * w) + kLeast * (1 + std::fabs(a) + std::fabs(w));
      sum.reach(std::fabs(a)), sum.reach(std::fabs(w)); // rounded to bf16 it may overflow
    }
  }
  return sum;
}

void KernelLayer::checkFrame(const Floats& found) const {
  for (std::size_t e = 0; e < examples; ++e) {
    const std::size_t first = listed[e] ? written() : 0;
    for (std::size_t j = first; j < stride; ++j) CHECK(found[e * stride + j] == kGuard);
    for (std::size_t j = size; j < first; ++j) CHECK(found[e * stride + j] == 0);
  }
}

} // namespace fuzz
