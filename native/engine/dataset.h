// Examples that a job reads, copied from JavaScript once: their arrays may change or go away meanwhile.
#pragma once

#include <vector>

#include "engine/batch.h"
#include "engine/buffer.h"
#include "engine/network.h"

namespace eqprop {

struct Dataset {
  std::size_t count = 0;
  std::size_t width = 0;             // values of an input
  std::size_t target = 0, units = 0; // numbers of a target and free units of the network that it was loaded for
  Buffer<std::uint8_t> bytes;        // [example][width], either these, which stand for value · scale,
  Buffer<float> floats;              // or these
  float scale = 1;
  Buffer<std::uint32_t> labels; // [example], a number of the target: it is 1, the others 0
  Buffer<float> targets;        // [example][target], instead of labels; a set to predict has neither
  Buffer<float> weights;        // [example], what its cost is multiplied by; empty: 1
  // [example][free units, layer by layer]: the free equilibria of the last visit; empty until a job keeps them, and unset
  // where an example was not visited.
  Buffer<float> persistent;
  Buffer<std::uint8_t> visited; // [example]: whether its persistent state has been written

  std::size_t heldBytes() const {
    return bytes.bytes() + floats.bytes() + labels.bytes() + targets.bytes() + weights.bytes() + persistent.bytes() +
           visited.bytes();
  }
  // Floats of an example's persistent state; 0 where none are kept.
  std::size_t freeUnits() const { return count ? persistent.size() / count : 0; }
  bool hasTargets() const { return labels.size() != 0 || targets.size() != 0; }
};

// Row `row` of the batch becomes the example: its input, and its target and weight where the set has them. The batch has
// weights where the set does.
void gather(const Dataset& data, std::size_t example, Batch& batch, std::size_t row);

// Persistent states to and from a slot.
void recall(const Dataset& data, std::size_t example, Batch& batch, std::size_t row);
void keep(Dataset& data, std::size_t example, const Batch& batch, int slot, std::size_t row);
void allowPersistence(Dataset& data, const Network& network);

// The same of `count` examples from `first` on, to and from memory outside; what was not visited is read as 0. The range
// must lie within the set, and the set must allow persistence.
void readPersistent(const Dataset& data, std::size_t first, std::size_t count, float* states, std::uint8_t* visited);
void writePersistent(Dataset& data, std::size_t first, std::size_t count, const float* states,
                     const std::uint8_t* visited);

} // namespace eqprop
