// Networks, programs and data that choices describe, of the kinds that TypeScript lets through to the engine.
#pragma once

#include <memory>

#include "engine/plan.h"
#include "fuzz/choices.h"

namespace fuzz {

// A network compiled for some instruction set, precision and number of threads, with values for its parameters.
std::unique_ptr<eqprop::Plan> planOf(Choices& choices);

eqprop::Dynamics dynamicsOf(Choices& choices, const eqprop::Network& network);
eqprop::Program programOf(Choices& choices, const eqprop::Network& network);
eqprop::Start startOf(Choices& choices, const eqprop::Network& network, bool persistent);

// A batch with states, a target and, perhaps, weights and units that are held.
std::unique_ptr<eqprop::Batch> batchOf(Choices& choices, const eqprop::Plan& plan, std::size_t phases);
std::shared_ptr<eqprop::Dataset> datasetOf(Choices& choices, const eqprop::Network& network);

// By parameter; none of those that a choice leaves out.
std::vector<eqprop::Buffer<float>> valuesOf(Choices& choices, const eqprop::Network& network, bool all);

// Ends the program unless padding is zero and nothing stands beyond what a network's own numbers allow.
void checkStates(const eqprop::Plan& plan, const eqprop::Batch& batch);

} // namespace fuzz
