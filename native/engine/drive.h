// What feeds a layer. Works on the rows [from, to) of a batch, on the calling thread, and on nothing else.
#pragma once

#include "engine/batch.h"
#include "engine/parameters.h"

namespace eqprop {

// The free (or the clamped) layers that feed a layer, itself among them by its lateral weights, with the weights in that
// layer's panels.
std::vector<Source> sourcesOf(const Parameters& parameters, const Batch& batch, std::size_t layer, int slot,
                              bool clamped);

// The constant part of every free layer's input: drive of the clamped layers, whose states do not change through
// the phases of a batch, and bias. Once a batch.
void drive(const Parameters& parameters, Batch& batch, std::size_t from, std::size_t to);

// All rows of [from, to), for what works on a list of them.
std::vector<std::uint32_t> rowsOf(std::size_t from, std::size_t to);

} // namespace eqprop
