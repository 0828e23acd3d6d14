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
  Batch(const Network& network, const Kernels& kernels, Precision precision, std::size_t capacity, std::size_t phases);

  // Where a phase stands: its end, the state that phases start from, or the other half of a double buffer.
  static constexpr int kStart = Phase::kStart;
  static constexpr int kScratch = -2;

  Values state(std::size_t layer, int slot) const;
  Values activity(std::size_t layer, int slot) const;           // of a clamped layer: the same in every slot
  Values base(std::size_t layer) const { return base_[layer]; } // drive of clamped layers + bias; stride 0: bias alone
  Values change(std::size_t layer) const { return change_[layer]; } // what the contrast writes
  Values target() const { return target_; }
  Values nudge() const { return nudge_; }   // −w ∂C/∂y of the output layer, w being the example's weight
  Values logits() const { return logits_; } // what is read out, where the cost has a read-out
  Values miss() const { return miss_; }     // −w ∂C/∂logits

  // By example, what its cost is multiplied by; null: 1.
  const float* weight() const { return weight_.data(); }
  float* makeWeight();
  void setWeight(std::size_t example, float weight) { weight_[example] = weight; } // after makeWeight
  // By example, what the nudge of the phase adds to the curvature, where examples have weights.
  Buffer<float> bound;
  // Of a layer: 1 where a unit moves, 0 where it is held; null where all move.
  const float* moves(std::size_t layer) const { return moves_[layer].data; }
  Values makeMoves(std::size_t layer);

  const Network& network;
  const Kernels& kernels;
  const Precision precision; // of steps
  const std::size_t capacity;
  std::size_t examples = 0; // in use

  // Rows [from, to), for what works on a list of them.
  Rows rows(std::size_t from, std::size_t to) const { return {all_.data() + from, to - from}; }

  // By example, of the phase settled last.
  Buffer<float> residual;
  Buffer<std::uint32_t> iterations;
  Buffer<std::uint8_t> converged;
  // By example: the iteration at which a state ceased to be finite, and the phase; 0 where all are finite.
  Buffer<std::uint32_t> lostAt, lostIn;
  Buffer<std::uint32_t> active; // working lists of rows, each thread its own range
  // For each place in those lists, what feeds a layer in bf16: StepArgs::words. Empty where steps are in float32.
  Buffer<std::uint32_t> words;
  std::size_t wordStride = 0;
  // By example, at the end of the first phase.
  Buffer<double> energy, cost;
  double decay = 0; // what all costs contain besides: ½ λ ‖θ‖²
  Buffer<std::uint8_t> wrong;

  bool driven(std::size_t layer) const { return driven_[layer]; } // whether a clamped layer feeds it
  void setBase(std::size_t layer, Values base) { base_[layer] = base; }

  // Of a layer: which of its activities are not zero, as `mark` found; looked for in clamped layers alone, whose rows serve
  // all phases and the update.
  Nonzero nonzero(std::size_t layer) const { return {nonzero_[layer].data(), wordsOf(layer)}; }
  void mark(std::size_t from, std::size_t to);

  // Computes ρ of a layer's row, or of the rows [from, to) of a slot, where it differs from the state.
  void activate(std::size_t layer, int slot, std::size_t example);
  void activate(int slot, std::size_t from, std::size_t to);
  void copyLayer(std::size_t layer, std::size_t example, int from, int to); // states and activities of a row
  void clearStart(std::size_t from, std::size_t to);

private:
  Values allocate(std::size_t size);
  std::size_t wordsOf(std::size_t layer) const { return (network.layers[layer].size + 63) / 64; }
  std::size_t mostWords() const;
  std::size_t index(int slot) const { return static_cast<std::size_t>(slot - kScratch); }

  Buffer<std::uint32_t> all_; // 0, 1, 2, …
  std::vector<Buffer<float>> memory_;
  std::vector<std::vector<Values>> state_, activity_; // [slot][layer]
  std::vector<Values> base_, change_;
  std::vector<Values> moves_;
  std::vector<bool> driven_;
  std::vector<Buffer<std::uint64_t>> nonzero_; // by layer, [example][word]; empty for free ones
  Values target_, nudge_, logits_, miss_;
  Buffer<float> weight_;
};

} // namespace eqprop
