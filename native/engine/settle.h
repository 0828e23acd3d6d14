// Settling: from the data that clamps a network to the state in which it rests.
#pragma once

#include <atomic>

#include "engine/batch.h"
#include "engine/parameters.h"

namespace eqprop {

// Settles one phase into the slot of that number. Works on the rows [from, to) of a batch, on the calling thread, and on
// nothing else. Leaves early, with states of no use, once `cancel` is set.
void settle(const Parameters& parameters, Batch& batch, const Phase& phase, int slot, std::size_t from, std::size_t to,
            const std::atomic<bool>& cancel);

} // namespace eqprop
