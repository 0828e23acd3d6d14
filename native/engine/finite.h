// Where numbers cease to be finite.
#pragma once

#include <optional>

#include "engine/batch.h"

namespace eqprop {

bool allFinite(const float* values, std::size_t count);

struct Loss {
  std::size_t layer, iteration;
};
// Of the states that a batch has settled into, the first that is not finite: by phase, iteration and example, so that it
// does not depend on the threads.
std::optional<Loss> findLoss(const Batch& batch);

} // namespace eqprop
