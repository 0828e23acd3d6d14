// Settling: from the data that clamps a network to the state in which it rests.
#pragma once

#include "engine/batch.h"
#include "engine/parameters.h"
#include "engine/seats.h"

namespace eqprop {

// A layer's part of an iteration, from one slot to another, with all that does not change in between.
struct LayerStep {
  std::size_t layer;
  int from;
  bool nudged;   // its nudge is computed before the step, as it depends on the state
  bool together; // its units, joined by lateral weights, leave the old state as one: they go by way of the scratch slot
  std::vector<Source> sources;
  Descent descent = {};
  StepArgs args = {};
};

// One phase of batches in this memory, which settle into the slot of that number. Compiled once, so that no step
// allocates.
class Settling {
public:
  // Weights and held units have been made where there will be some.
  Settling(const Parameters& parameters, const Batch& batch, const Phase& phase, int slot);

  Settling(Settling&&) = default; // its steps point into themselves

  // Settles the rows [from, to), on the calling thread, which has one of the seats, and touches nothing else. Leaves early,
  // with states of no use, once the job is to stop.
  void run(Batch& batch, std::size_t from, std::size_t to, Lease& seats) const;

private:
  using Steps = std::vector<LayerStep>;
  // Where the states stand after that many steps.
  int slotAfter(std::size_t step) const;
  void begin(Batch& batch, std::uint32_t example) const;
  void take(Batch& batch, const LayerStep& step, const Rows& rows) const;

  void (*const step_)(const StepArgs&); // the kernel of the batch's precision
  const Parameters& parameters_;
  const Phase phase_;
  const int slot_;
  const bool inPlace_;
  bool holdsOutput_;
  int begin_;
  Steps first_, even_, odd_;
};

} // namespace eqprop
