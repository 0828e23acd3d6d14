// Settling: from the data that clamps a network to the state in which it rests. Each function works on the rows
// [from, to) of a batch, on the calling thread, and on nothing else.
#pragma once

#include <atomic>

#include "engine/batch.h"
#include "engine/parameters.h"

namespace eqprop {

// The constant part of every free layer's input: drive of the clamped layers, whose states do not change through
// the phases of a batch, and bias. Once a batch.
void drive(const Parameters& parameters, Batch& batch, std::size_t from, std::size_t to);

// Settles one phase into the slot of that number. Leaves early, with states of no use, once `cancel` is set.
void settle(const Parameters& parameters, Batch& batch, const Phase& phase, int slot, std::size_t from, std::size_t to,
            const std::atomic<bool>& cancel);

// E of each example at the end of a phase, into batch.energy.
void measureEnergy(const Parameters& parameters, Batch& batch, int slot, std::size_t from, std::size_t to);

// C = ½‖y − d‖² of each example, into batch.cost.
void measureCost(Batch& batch, int slot, std::size_t from, std::size_t to);

// The first unit of the output layer with the highest state.
std::size_t prediction(const Batch& batch, int slot, std::size_t example);

} // namespace eqprop
