// Where numbers cease to be finite.
#pragma once

#include "engine/batch.h"

namespace eqprop {

bool allFinite(const float* values, std::size_t count);

// Throws Diverged for a state that a batch has settled into, with the iteration: the first by phase, iteration and example,
// so that it does not depend on the threads.
void checkStates(const Batch& batch);
// Likewise for states, energies and costs, with the update that is then not made.
void checkStep(const Batch& batch, std::size_t step);

} // namespace eqprop
