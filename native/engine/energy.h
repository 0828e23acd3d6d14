// The energy of a state. Works on the rows [from, to) of a batch, on the calling thread, and on nothing else.
#pragma once

#include "engine/batch.h"
#include "engine/parameters.h"

namespace eqprop {

// E of each example at the end of a phase, into batch.energy.
void measureEnergy(const Parameters& parameters, Batch& batch, int slot, std::size_t from, std::size_t to);

} // namespace eqprop
