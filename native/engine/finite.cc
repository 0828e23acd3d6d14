#include "engine/finite.h"

#include <cmath>
#include <cstring>
#include <optional>
#include <tuple>

#include "engine/errors.h"

#include "kernels/target.h"

#if defined(EQ_X86_64)
#include <immintrin.h>
#endif

namespace eqprop {

#if defined(EQ_X86_64)
void clearOverflow() { _mm_setcsr(_mm_getcsr() & ~0x3fu); }
bool overflowed() { return (_mm_getcsr() & 0x0d) != 0; } // overflow, division by zero, invalid
#else
void clearOverflow() {}
bool overflowed() { return true; }
#endif

// The exponents of infinities and NaNs are all ones: one more carries into the sign. Counted in whole numbers, of which
// compilers fill registers.
bool allFinite(const float* values, std::size_t count) {
  std::uint32_t carries = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    carries |= (bits & 0x7fffffffu) + 0x00800000u;
  }
  return carries < 0x80000000u;
}

namespace {

struct Loss {
  std::size_t layer, iteration;
};

// Of the states that a batch has settled into, the first that is not finite: by phase, iteration and example, so that it
// does not depend on the threads.
std::optional<Loss> findLoss(const Batch& batch) {
  const auto order = [&](std::size_t e) { return std::tuple(batch.lostIn[e], batch.lostAt[e]); };
  std::size_t first = batch.examples;
  for (std::size_t e = 0; e < batch.examples; ++e) {
    if (batch.lostAt[e] != 0 && (first == batch.examples || order(e) < order(first))) first = e;
  }
  if (first == batch.examples) return std::nullopt;
  std::size_t layer = 0;
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const Values state = batch.state(i, static_cast<int>(batch.lostIn[first]));
    if (allFinite(state.row(first), batch.network.layers[i].size)) continue;
    layer = i;
    break;
  }
  return Loss{layer, batch.lostAt[first]};
}

} // namespace

void checkStates(const Batch& batch) {
  if (const auto loss = findLoss(batch)) throw Diverged(Diverged::state, loss->layer, loss->iteration);
}

void checkStep(const Batch& batch, std::size_t step) {
  if (const auto loss = findLoss(batch)) throw Diverged(Diverged::state, loss->layer, step);
  for (std::size_t e = 0; e < batch.examples; ++e) {
    if (!std::isfinite(batch.energy[e])) throw Diverged(Diverged::energy, 0, step);
    if (!std::isfinite(batch.cost[e])) throw Diverged(Diverged::cost, 0, step);
  }
}

} // namespace eqprop
