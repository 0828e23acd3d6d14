// The working memory of one job: the states of a batch of examples at the end of each phase.
//
// Rows belong to threads: whoever settles an example is the only one to touch its rows until all threads meet.
#pragma once

#include <vector>

#include "engine/buffer.h"
#include "engine/network.h"

namespace eqprop {

// One layer's values for every example: [example][unit], a row `stride` floats after the last.
struct Values {
  float* data = nullptr;
  std::size_t stride = 0;
  float* row(std::size_t example) const { return data + example * stride; }
};

class Batch {
public:
  Batch(const Network& network, const Kernels& kernels, std::size_t capacity, std::size_t phases);

  // Where a phase stands: its end, the state that phases start from, or the other half of a double buffer.
  static constexpr int kStart = Phase::kStart;
  static constexpr int kScratch = -2;

  Values state(std::size_t layer, int slot) const;
  Values activity(std::size_t layer, int slot) const;           // of a clamped layer: the same in every slot
  Values base(std::size_t layer) const { return base_[layer]; } // drive of clamped layers + bias; stride 0: bias alone
  Values target() const { return target_; }                     // of the output layer
  Values change(std::size_t layer) const { return change_[layer]; } // what the contrast writes

  const Network& network;
  const Kernels& kernels;
  const std::size_t capacity;
  std::size_t examples = 0; // in use

  // By example, of the phase settled last.
  Buffer<float> residual;
  Buffer<std::uint32_t> iterations;
  Buffer<std::uint8_t> converged;
  Buffer<std::uint32_t> active; // working lists of rows, each thread its own range
  // By example, at the end of the first phase.
  Buffer<double> energy, cost;
  Buffer<std::uint8_t> wrong;

  bool driven(std::size_t layer) const { return driven_[layer]; } // whether a clamped layer feeds it
  void setBase(std::size_t layer, Values base) { base_[layer] = base; }

  // Computes ρ of the rows [from, to) of a slot, for layers where it differs from the state.
  void activate(int slot, std::size_t from, std::size_t to);
  void clearStart(std::size_t from, std::size_t to);

private:
  Values allocate(std::size_t layer);
  std::size_t index(int slot) const { return static_cast<std::size_t>(slot - kScratch); }

  std::vector<Buffer<float>> memory_;
  std::vector<std::vector<Values>> state_, activity_; // [slot][layer]
  std::vector<Values> base_, change_;
  std::vector<bool> driven_;
  Values target_;
};

} // namespace eqprop
