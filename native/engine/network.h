// The energy, as the binding hands it over: plain numbers, checked in TypeScript.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "kernels/table.h"

namespace eqprop {

struct LayerSpec {
  std::size_t size = 0;
  bool clamped = false;
  Activation activation = Activation::identity;
  float low = 0, high = 0; // the states' range; infinite where there is none
  float leak = 0;          // E contains ½·leak·s²
  // Of a conjugate leak: E contains G(s), whose slope is the inverse of this function. The identity: none.
  Activation response = Activation::identity;
};

// Weights from `rows` source units to `columns` units; a bias has one row. A symmetric one joins a layer to itself: its
// values are those above the diagonal, row by row.
struct ParameterSpec {
  std::size_t rows = 1, columns = 0;
  bool symmetric = false;
  float decay = 0; // the cost contains ½·decay·‖θ‖²

  // Floats outside the engine, row-major.
  std::size_t count() const { return symmetric ? rows * (rows - 1) / 2 : rows * columns; }
};

// Where a parameter acts; several connections may share one. A dense interaction is −ρ(pre)ᵀ W ρ(post), a bias
// −bᵀ ρ(post), and a lateral one −½ ρ(post)ᵀ W ρ(post), each pair of units counted once.
struct Connection {
  enum Kind { dense, bias, lateral } kind = dense;
  std::size_t parameter = 0;
  std::size_t pre = 0;  // layer; that of post, but for a dense one
  std::size_t post = 0; // layer
};

struct CostSpec {
  // C of the output y and the target d: ½ Σ weight·(y − d)²; −Σ d log softmax(y); or −Σ d log softmax(z) of what is read
  // out, z = yᵀV + c.
  enum Kind { squaredError, crossEntropy, readOut } kind = squaredError;
  float least = 1, most = 1;        // bounds of ∂²C/∂y² that minimising dynamics count on; 0 for a read-out
  std::vector<float> weights;       // of the squared error, by unit; empty: 1
  std::size_t weight = 0, bias = 0; // of a read-out: parameters V and c
};

struct Network {
  std::vector<LayerSpec> layers;
  std::vector<ParameterSpec> parameters;
  std::vector<Connection> connections;
  CostSpec cost;
  std::size_t input = 0;  // the layer that a data set's inputs are written to
  std::size_t output = 0; // the layer that is nudged and read out
  // The free layers from the clamped ones outwards, as a feed-forward pass and a free phase's coordinate descent visit them:
  // one after the other, as a thread computes one layer at a time.
  std::vector<std::size_t> outwards;
  // The same from the output inwards, as a phase visits them that is nudged or whose output is clamped.
  std::vector<std::size_t> inwards;

  bool readsOut() const { return cost.kind == CostSpec::readOut; }
  // Floats in a target, and in what is read out.
  std::size_t targetSize() const { return readsOut() ? parameters[cost.weight].columns : layers[output].size; }
  // Of all layers that are not clamped.
  std::size_t freeUnits() const {
    std::size_t units = 0;
    for (const LayerSpec& layer : layers) units += layer.clamped ? 0 : layer.size;
    return units;
  }
};

struct Dynamics {
  // Euler's method on ds/dt = −∂F/∂s; every layer at once to its minimiser of F; or the layers one after the other.
  enum Kind { euler, fixedPoint, coordinateDescent } kind = euler;
  std::size_t iterations = 0;
  float rate = 0;      // Euler's step size; else the relaxation, of which 1 goes to the minimiser
  float tolerance = 0; // an example stops when its largest one-step change is at most this; 0: after all iterations
};

// Where phases start that come from no other: at zero or what is given, where a feed-forward pass leads, or where the
// example's last free phase ended.
enum class Start { zero, feedForward, persistent };

struct Phase {
  static constexpr int kStart = -1;
  float beta = 0;
  int from = kStart; // the phase whose end this one starts from
  Dynamics dynamics;
  // Where set, the output does not move but stands at (1 − clamp)·y + clamp·target, y being its state at `from`.
  std::optional<float> clamp = std::nullopt;
};

// One summand of the gradient: coefficient · ∂E/∂θ at the end of a phase.
struct Term {
  int phase = 0;
  float coefficient = 0;
};

// An estimator as a small program: settle these phases, then add up these terms.
struct Program {
  std::vector<Phase> phases;
  std::vector<Term> terms;
};

} // namespace eqprop
