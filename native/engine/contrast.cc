#include "engine/contrast.h"

#include <algorithm>

namespace eqprop {

namespace {

constexpr std::size_t kItemRows = 96; // whole tiles of 6, whole cache lines of the transposed copy

// One unit that is 1 for every example.
Values one() {
  static float value = 1;
  return {&value, 0};
}

} // namespace

std::vector<Item> itemsOf(const Parameters& parameters) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < parameters.specs().size(); ++i) {
    const std::size_t rows = parameters.rows(i);
    for (std::size_t panel = 0; panel < parameters.panelCount(i); ++panel) {
      for (std::size_t from = 0; from < rows; from += kItemRows) {
        items.push_back({i, panel, from, std::min(rows, from + kItemRows)});
      }
    }
  }
  return items;
}

Contrast::Contrast(const Program& program, const Batch& batch) : outer_(batch.network.parameters.size()) {
  for (const Term& t : program.terms) {
    if (t.coefficient == 0) continue;
    terms_.push_back(t);
    total_ += t.coefficient;
  }
  difference_ = terms_.size() == 2 && terms_[0].coefficient == -terms_[1].coefficient;
  const Network& network = batch.network;
  for (const Connection& c : network.connections) addTerms(batch, c);
  if (!network.readsOut()) return;
  // −∂C/∂V of what is read out of the free state is y ⊗ miss.
  const Values y = batch.state(network.output, 0), miss = batch.miss();
  outer_[network.cost.weight].push_back({y.data, y.stride, miss.data, miss.stride});
  outer_[network.cost.bias].push_back({one().data, 0, miss.data, miss.stride});
}

void Contrast::addTerms(const Batch& batch, const Connection& c) {
  const std::vector<LayerSpec>& layers = batch.network.layers;
  std::vector<OuterTerm>& list = outer_[c.parameter];
  // A bias is a weight from one unit whose activity is always 1.
  const auto pre = [&](int phase) { return c.kind == Connection::bias ? one() : batch.activity(c.pre, phase); };
  const auto add = [&](Values a, Values b, double coefficient) {
    const Nonzero nonzero = c.kind == Connection::bias ? Nonzero{} : batch.nonzero(c.pre);
    list.push_back({a.data, a.stride, b.data, b.stride, static_cast<float>(coefficient), nonzero});
  };
  if (layers[c.pre].clamped && layers[c.post].clamped) { // all terms are one
    if (total_ != 0) add(pre(0), batch.activity(c.post, 0), total_);
    return;
  }
  if (!difference_) {
    for (const Term& t : terms_) add(pre(t.phase), batch.activity(c.post, t.phase), t.coefficient);
    return;
  }
  const float coefficient = terms_[0].coefficient;
  if (!layers[c.post].clamped) add(pre(terms_[0].phase), batch.change(c.post), coefficient);
  if (c.kind != Connection::bias && !layers[c.pre].clamped) {
    add(batch.change(c.pre), batch.activity(c.post, terms_[1].phase), coefficient);
  }
}

void Contrast::prepare(Batch& batch, std::size_t from, std::size_t to) const {
  if (!difference_) return;
  for (std::size_t i = 0; i < batch.network.layers.size(); ++i) {
    const LayerSpec& layer = batch.network.layers[i];
    if (layer.clamped) continue;
    for (std::size_t e = from; e < to; ++e) {
      const float* a = batch.activity(i, terms_[0].phase).row(e);
      const float* b = batch.activity(i, terms_[1].phase).row(e);
      float* change = batch.change(i).row(e);
      for (std::size_t j = 0; j < layer.size; ++j) change[j] = a[j] - b[j];
    }
  }
}

void Contrast::apply(const Batch& batch, const Item& item, const Update& update, float* panel, float* velocity) const {
  const ParameterSpec& p = batch.network.parameters[item.parameter];
  if (p.symmetric && item.from >= (item.panel + 1) * batch.kernels.panelWidth) return; // below the diagonal
  const std::vector<OuterTerm>& terms = outer_[item.parameter];
  batch.kernels.outer(
      {terms.data(), terms.size(), batch.examples, item.from, item.to, item.panel, p.columns, update, panel, velocity});
}

} // namespace eqprop
