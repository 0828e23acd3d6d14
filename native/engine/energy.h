// The energy of a state. Works on the rows that it is told, on the calling thread, and on nothing else.
#pragma once

#include "engine/batch.h"
#include "engine/parameters.h"

namespace eqprop {

// E of each example of a batch in this memory, at the end of the phase in a slot.
class EnergyMeter {
public:
  EnergyMeter(const Parameters& parameters, const Batch& batch, int slot);

  EnergyMeter(EnergyMeter&&) = default; // its parts point into themselves

  // Into batch.energy, for the rows [from, to).
  void run(Batch& batch, std::size_t from, std::size_t to) const;

private:
  void addPart(const Batch& batch, std::size_t layer, int slot, std::vector<Source> from, const Values& base,
               float leak, float share);

  struct Part { // of a layer's energy
    std::vector<Source> sources;
    EnergyArgs args;
  };
  struct Potential { // of a layer with a response
    std::size_t size;
    Values state;
    Activation response;
  };
  std::vector<Part> parts_;
  std::vector<Potential> potentials_;
};

} // namespace eqprop
