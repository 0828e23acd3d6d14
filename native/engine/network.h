// The energy, as the binding hands it over: plain numbers, checked in TypeScript.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/table.h"

namespace eqprop {

struct LayerSpec {
  std::size_t size = 0;
  bool clamped = false;
  Activation activation = Activation::identity;
  float low = 0, high = 0; // the states' range; infinite where there is none
  float leak = 0;          // E contains ½·leak·s²
};

// A dense interaction −ρ(pre)ᵀ W ρ(post), or a bias −bᵀ ρ(post).
struct ParameterSpec {
  enum Kind { dense, bias } kind = dense;
  std::size_t pre = 0;  // layer; unused for a bias
  std::size_t post = 0; // layer
};

struct Network {
  std::vector<LayerSpec> layers;
  std::vector<ParameterSpec> parameters;
  std::size_t input = 0;  // the clamped layer that data is written to
  std::size_t output = 0; // the free layer that is read out and nudged
  // The free layers, colour after colour, as a free phase's coordinate descent visits them; a nudged phase goes backwards.
  // Neighbours within a colour would be as good as never at once: a thread visits one layer at a time.
  std::vector<std::size_t> order;

  // Floats in a parameter, row-major [pre, post] or [post].
  std::size_t count(const ParameterSpec& p) const {
    return layers[p.post].size * (p.kind == ParameterSpec::dense ? layers[p.pre].size : 1);
  }
};

struct Dynamics {
  // Euler's method on ds/dt = −∂F/∂s; every layer at once to its minimiser of F; or the layers one after the other.
  enum Kind { euler, fixedPoint, coordinateDescent } kind = euler;
  std::size_t iterations = 0;
  float rate = 0;      // Euler's step size; else the relaxation, of which 1 goes to the minimiser
  float tolerance = 0; // an example stops when its largest one-step change is at most this; 0: after all iterations
};

struct Phase {
  static constexpr int kStart = -1;
  float beta = 0;
  int from = kStart; // the phase whose end this one starts from
  Dynamics dynamics;
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
