// What the engine may ask of an instruction set: one constant table of function pointers for each.
//
// Layouts, shared by every kernel:
// - A batch of layer values is row-major, [example][unit], with a stride in floats. Lanes run along units, so an
//   example's arithmetic never depends on which other examples stand beside it in a tile.
// - Weights that feed a layer of `size` units from a source of `count` units are packed in panels,
//   [panel][source unit][panelWidth], zero beyond `size`.
// - Rows are padded to whole panels; padding is zero and stays zero.
// - Numbers in bf16 stand in words of two, those of two neighbouring source units, the first in the lower half: of
//   weights [panel][pair][panelWidth], of activities [example][pair]. Pairs are padded with zeros, see pairsOf.
#pragma once

#include <cstddef>
#include <cstdint>

namespace eqprop {

enum class Activation : int { identity, sigmoid, tanh };

// What the products between free layers are computed in: float32; bf16, sums in float32; or each float32 split in two
// bf16, high + low, of whose four products the smallest is left out.
enum class Precision : int { float32, splitBf16, bf16 };

// Words that a source of so many units takes up: whole tiles of AMX, 16 pairs each.
constexpr std::size_t pairsOf(std::size_t units) { return (units + 31) / 32 * 16; }

// Weights in bf16, rounded; and what rounding took away, itself rounded.
struct Pairs {
  const std::uint32_t* high = nullptr; // null: float32 alone
  const std::uint32_t* low = nullptr;  // null: bf16 alone
};

// The examples that a call works on: indices of rows.
struct Rows {
  const std::uint32_t* index;
  std::size_t count;
};

// Which values of a layer are not zero: bit k % 64 of word k / 64 of an example's row stands for value k. An image is
// mostly zeros, and what they would be multiplied by need not be read.
struct Nonzero {
  const std::uint64_t* words = nullptr; // [example][word]; null where nobody has looked, which means all
  std::size_t stride = 0;               // in words
};

// One layer that feeds another: input += activity · weights.
struct Source {
  const float* activity; // [example][count], stride floats apart
  std::size_t stride;
  const float* weights; // packed panels, [panel][count][panelWidth]
  std::size_t count;
  Nonzero nonzero = {};
  Pairs pairs = {}; // the same weights
};

// The total input of a layer: base + Σ over sources.
struct Input {
  Rows rows;
  std::size_t size;  // units of the layer
  const float* base; // [example][size]; a stride of 0 gives every example the same base
  std::size_t baseStride;
  const Source* sources;
  std::size_t sourceCount;
  std::size_t fromPanel = 0, toPanel = SIZE_MAX; // which of the layer's panels
};

// A step whose length differs between examples or units, or that ends where a function of the force says: with the
// force f = ρ'(s)·input − leak·s + beta·target,
//   s' = s + relaxation / (curvature + bound[example] + coupling[unit]) · f,
// or, where there is a response σ, s' = (1 − relaxation)·s + relaxation·σ(f).
struct Descent {
  float relaxation;
  float leak, beta;
  float curvature;
  const float* bound;    // [example]; null: 0
  const float* coupling; // [unit], padded to whole panels; null: 0
  Activation response;   // the identity: none
};

// One iteration of one layer: s' = clip(keep·s + gain·ρ'(s)·input + pull·target), ρ' = 1 for the identity.
// Euler's step and the exact minimiser with relaxation are both of this form.
struct StepArgs {
  Input input;
  const float* state;    // [example][size]
  const float* activity; // ρ(state); null for the identity
  const float* target;   // [example][size], or null where nothing pulls
  float* next;           // [example][size]; may be the state itself
  float* nextActivity;   // ρ(next); null for the identity, whose activity is its state
  std::size_t stride;    // of state, next, nextActivity and moves
  std::size_t targetStride;
  float keep, gain, pull;
  float low, high;
  Activation activation;
  float* residual;        // [example]: max |s' − s|, raised if larger than what stands there
  const Descent* descent; // instead of keep, gain and pull; null where these hold for all
  const float* moves;     // [example][size]: 1, or 0 where the state stays as it is; null where all units move
  // Where a step in bf16 puts its sources' activities, one row after the other as `rows` lists them: the words of each
  // source in turn, pairsOf(count) high ones and, where they are split, as many low ones.
  std::uint32_t* words = nullptr;
  std::size_t wordStride = 0;
};

// Steps whose products are computed in bf16.
struct NarrowKernels {
  const char* name; // of the instructions
  void (*bf16)(const StepArgs& args);
  void (*splitBf16)(const StepArgs& args);
};

// A layer's share of the energy: Σ ½·leak·s² − share·ρ(s)·input.
struct EnergyArgs {
  Input input;
  const float* state;
  const float* activity;
  std::size_t stride;
  float leak;
  float share;    // how much of an edge is counted at this end: ½ where the other one is counted, too
  double* energy; // [example], added to
};

// One summand of an outer product: coefficient · Σ over examples of pre ⊗ post.
struct OuterTerm {
  const float* pre; // [example][source unit]
  std::size_t preStride;
  const float* post; // [example][unit]
  std::size_t postStride;
  float coefficient = 1; // not zero
  Nonzero nonzero = {};  // of pre
};

// How a sum becomes an update of weights w with velocities v, which are read and written once:
//   d = scale·sum − decay·w, v' = momentum·v + d, w' = w + rate·v', or w' = w + rate·(d + momentum·v') by Nesterov.
struct Update {
  float scale = 1, rate = 1, decay = 0;
  float momentum = 0; // of no meaning without velocities
  bool nesterov = false;
};

// The sum over terms becomes an update for source units [from, to) of one panel.
struct OuterArgs {
  const OuterTerm* terms;
  std::size_t termCount;
  std::size_t examples;
  std::size_t from, to; // source units
  std::size_t panel;    // which panel of the target layer
  std::size_t size;     // units of the target layer
  Update update;
  float* weights;  // that panel, [source unit][panelWidth]
  float* velocity; // likewise; null: there are none, v' = d
};

struct Kernels {
  const char* name;
  std::size_t lanes;                                                  // floats in a register
  std::size_t panelWidth;                                             // units in a panel
  void (*affine)(const Input& input, float* out, std::size_t stride); // out = base + Σ over sources
  void (*step)(const StepArgs& args);
  void (*energy)(const EnergyArgs& args);
  void (*outer)(const OuterArgs& args);
  // Sets the bits of one row of `size` values and clears those beyond it, in whole words.
  void (*mark)(const float* values, std::size_t size, std::uint64_t* words);
  // activity = ρ(state), for units [0, size) of one row; the padding becomes zero.
  void (*activate)(const float* state, float* activity, std::size_t size, Activation activation);
  // p_j = e^x_j / Σ e^x, likewise.
  void (*softmax)(const float* x, float* p, std::size_t size);
  // Multiplies and adds in registers alone, as often as so many rounds say, and writes something that depends on all of it.
  // Returns the operations: with the time they took, the most that this instruction set can do here.
  double (*peak)(std::size_t rounds, float* out);
  // Two source units' rows of `count` weights become a row of pairs; of an odd last unit `second` is null, of bf16 alone
  // `low` is.
  void (*pack)(const float* first, const float* second, std::size_t count, std::uint32_t* high, std::uint32_t* low);
  NarrowKernels narrow;
};

} // namespace eqprop
