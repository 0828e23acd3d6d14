// A sum in double with what is needed to say how near a sum in float32 must come.
//
// The bound: 2·(n + 8)·2⁻²⁴·Σ|summand|, n being the number of summands one after the other, and besides what flushing denormals to zero may
// take away, 2⁻¹²⁶ a summand. What is no number stays none, what is infinite does not become finite, and where numbers
// beyond 10³⁷ are on the way, a sum in float32 may overflow.
#pragma once

#include <cmath>
#include <cstddef>

namespace fuzz {

constexpr double kHalfUlp = 1.0 / (1 << 24), kLeast = 1.1754943508222875e-38, kMost = 1e37;

struct Sum {
  double value = 0;
  double magnitude = 0;               // Σ|summand|
  double peak = 0;                    // the largest magnitude on the way
  double lost = 0;                    // what flushed or rounded operands may take away besides
  std::size_t count = 0, deepest = 0; // summands, and of the sums among them that with the most

  void add(double summand) { add(summand, std::fabs(summand)); }
  // A summand that has itself been computed from numbers of that magnitude.
  void add(double summand, double size) {
    value += summand;
    magnitude += size;
    ++count;
    reach(magnitude);
  }
  // Another sum times a factor.
  void add(const Sum& other, double factor) {
    reach(other.peak);
    lost += other.lost * std::fabs(factor);
    if (other.depth() > deepest) deepest = other.depth();
    add(other.value * factor, other.magnitude * std::fabs(factor));
  }
  void reach(double size) {
    if (!(size <= peak) && !std::isnan(peak)) peak = size; // a NaN stays
  }

  std::size_t depth() const { return count + deepest; }
  double bound() const {
    const double n = static_cast<double>(depth() + 8);
    return 2 * n * kHalfUlp * magnitude + n * kLeast + lost;
  }
  bool overflows() const { return !(peak <= kMost); }
};

// Whether float32 may have found this for the sum, clipped to [low, high].
inline bool allows(const Sum& sum, double found, double low = -HUGE_VAL, double high = HUGE_VAL) {
  if (std::isnan(sum.value)) return std::isnan(found);
  if (std::isinf(sum.value) && std::isinf(low) && std::isinf(high)) return !std::isfinite(found);
  if (sum.overflows()) return std::isnan(found) || (found >= low && found <= high);
  const double expected = std::fmin(high, std::fmax(low, sum.value));
  return std::fabs(found - expected) <= sum.bound();
}

} // namespace fuzz
