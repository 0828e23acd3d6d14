// Where a feed-forward pass leads: a start nearer to rest than zero is.
#pragma once

#include "engine/batch.h"
#include "engine/parameters.h"

namespace eqprop {

// From the clamped layers outwards, each free layer goes to the minimiser of E that the layers before it alone give it, as
// if those after it were not there (lib/phases/start.ts). Compiled once, for batches in this memory.
class FeedForward {
public:
  // Held units have been made where there will be some. Unless it is asked for, it has no steps.
  FeedForward(const Parameters& parameters, const Batch& batch, Start start);

  // Moves the start of the rows [from, to), whose states, activities and drive are set.
  void run(Batch& batch, std::size_t from, std::size_t to) const;

private:
  struct Step {
    std::size_t layer;
    int into; // the start; by way of the scratch slot where the layer's units, joined to each other, are its own sources
    std::vector<Source> sources;
    Descent descent;
    StepArgs args;
  };
  std::vector<Step> steps_;
};

} // namespace eqprop
