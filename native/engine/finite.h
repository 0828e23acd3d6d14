// Where numbers cease to be finite.
#pragma once

#include "engine/batch.h"

namespace eqprop {

// Whether on the calling thread, since it was cleared, a result was too large or not defined: a flag of the processor, which
// costs nothing while nothing happens. True where there is no such flag.
void clearOverflow();
bool overflowed();

bool allFinite(const float* values, std::size_t count);

// Throws Diverged for a state that a batch has settled into, with the iteration: the first by phase, iteration and example,
// so that it does not depend on the threads.
void checkStates(const Batch& batch);
// Likewise for states, energies and costs, with the update that is then not made.
void checkStep(const Batch& batch, std::size_t step);

} // namespace eqprop
