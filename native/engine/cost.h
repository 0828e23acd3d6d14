// The cost of an output, and the nudge that lowers it. Each function works on the rows that it is given, on the calling
// thread, and on nothing else.
#pragma once

#include "engine/batch.h"
#include "engine/parameters.h"

namespace eqprop {

// −w ∂C/∂y at the state in a slot, into batch.nudge().
void nudge(const Parameters& parameters, Batch& batch, int slot, const Rows& rows);

// Of a cost with a read-out: what is read out of the state in a slot into batch.logits(), and −w ∂C/∂logits into
// batch.miss(), from which both the nudge and the gradient of its own parameters are made.
void readOut(const Parameters& parameters, Batch& batch, int slot, const Rows& rows);

// C of each example at the end of a phase, its weight and the decay included, into batch.cost. For a read-out, after
// readOut.
void measureCost(Batch& batch, int slot, const Rows& rows);

// What the network answers: the state of the output layer, or what was read out of it.
Values answers(const Batch& batch, int slot);

// The first unit with the highest answer.
std::size_t prediction(const Batch& batch, int slot, std::size_t example);

} // namespace eqprop
