// The contrastive Hebbian rule: scaled outer products of activities at the ends of phases, summed over the batch.
//
// First every thread prepares its own examples; then, after all have met, the parameters are split into items that
// any thread may take. Each item adds up all examples in their order, so the result does not depend on the threads.
#pragma once

#include <vector>

#include "engine/batch.h"
#include "engine/parameters.h"

namespace eqprop {

// Source units [from, to) of one panel of a packed parameter.
struct Item {
  std::size_t parameter, panel, from, to;
};

std::vector<Item> itemsOf(const Parameters& parameters);

// The sum over a program's terms. Two terms with opposite coefficients, which most estimators are, become
// a⁺b⁺ᵀ − a⁰b⁰ᵀ = a⁺(b⁺ − b⁰)ᵀ + (a⁺ − a⁰)b⁰ᵀ: nothing nearly equal is subtracted after it was summed, and where one
// layer is clamped, so that its difference is 0, half of the work falls away.
class Contrast {
public:
  // Of batches that settle in this memory.
  Contrast(const Program& program, const Batch& batch);

  // Writes the differences of the rows [from, to) into batch.change.
  void prepare(Batch& batch, std::size_t from, std::size_t to) const;

  // For one item, Σ over examples, connections and terms of coefficient · ρ(pre) ⊗ ρ(post), which is −Σ ∂E/∂θ, becomes an
  // update of `panel`, [source unit][panelWidth], and of its velocities, where there are some; likewise of the cost's
  // parameters, −Σ ∂C/∂θ at the free state. Of a symmetric parameter what stands below its diagonal is of no use: see
  // Parameters::mirror.
  void apply(const Batch& batch, const Item& item, const Update& update, float* panel, float* velocity) const;

private:
  void addTerms(const Batch& batch, const Connection& connection);

  std::vector<Term> terms_;
  bool difference_;
  double total_ = 0;                          // of the coefficients
  std::vector<std::vector<OuterTerm>> outer_; // by parameter
};

} // namespace eqprop
