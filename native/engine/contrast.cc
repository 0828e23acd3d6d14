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

Contrast::Contrast(const Program& program) : terms_(program.terms) {
  difference_ = terms_.size() == 2 && terms_[0].coefficient == -terms_[1].coefficient;
  for (const Term& t : terms_) total_ += t.coefficient;
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

void Contrast::accumulate(const Batch& batch, const Item& item, float scale, float* panel) const {
  const Network& network = batch.network;
  const ParameterSpec& p = network.parameters[item.parameter];
  if (p.symmetric && item.from >= (item.panel + 1) * batch.kernels.panelWidth) return; // below the diagonal
  const auto add = [&](const OuterTerm* terms, std::size_t count, float coefficient) {
    batch.kernels.outer(
        {terms, count, batch.examples, item.from, item.to, item.panel, p.columns, scale * coefficient, panel});
  };
  for (const Connection& c : network.connections) {
    if (c.parameter == item.parameter) accumulate(batch, c, add);
  }
  // −∂C/∂V of what is read out of the free state is y ⊗ miss.
  if (!network.readsOut() || (item.parameter != network.cost.weight && item.parameter != network.cost.bias)) return;
  const Values y = item.parameter == network.cost.bias ? one() : batch.state(network.output, 0);
  const OuterTerm free = {y.data, y.stride, batch.miss().data, batch.miss().stride};
  add(&free, 1, 1);
}

template <class Add> void Contrast::accumulate(const Batch& batch, const Connection& c, const Add& add) const {
  const std::vector<LayerSpec>& layers = batch.network.layers;
  const auto term = [](Values a, Values b) { return OuterTerm{a.data, a.stride, b.data, b.stride}; };
  // A bias is a weight from one unit whose activity is always 1.
  const auto pre = [&](int phase) { return c.kind == Connection::bias ? one() : batch.activity(c.pre, phase); };
  if (layers[c.pre].clamped && layers[c.post].clamped) { // all terms are one
    const OuterTerm same = term(pre(0), batch.activity(c.post, 0));
    if (total_ != 0) add(&same, 1, static_cast<float>(total_));
    return;
  }
  if (!difference_) {
    for (const Term& t : terms_) {
      const OuterTerm end = term(pre(t.phase), batch.activity(c.post, t.phase));
      add(&end, 1, t.coefficient);
    }
    return;
  }
  OuterTerm terms[2];
  std::size_t count = 0;
  if (!layers[c.post].clamped) terms[count++] = term(pre(terms_[0].phase), batch.change(c.post));
  if (c.kind != Connection::bias && !layers[c.pre].clamped) {
    terms[count++] = term(batch.change(c.pre), batch.activity(c.post, terms_[1].phase));
  }
  add(terms, count, terms_[0].coefficient);
}

} // namespace eqprop
