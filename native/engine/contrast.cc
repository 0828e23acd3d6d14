#include "engine/contrast.h"

#include <algorithm>

namespace eqprop {

namespace {

constexpr std::size_t kItemRows = 96; // whole tiles of 6, whole cache lines of the transposed copy
const float kOne = 1;

} // namespace

std::vector<Item> itemsOf(const Parameters& parameters) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < parameters.specs().size(); ++i) {
    const std::size_t rows = parameters.rows(i);
    for (std::size_t panel = 0; panel < parameters.panelCount(parameters.specs()[i].post); ++panel) {
      for (std::size_t from = 0; from < rows; from += kItemRows) {
        items.push_back({i, panel, from, std::min(rows, from + kItemRows)});
      }
    }
  }
  return items;
}

Contrast::Contrast(const Program& program) : terms_(program.terms) {
  difference_ = terms_.size() == 2 && terms_[0].coefficient == -terms_[1].coefficient;
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
  // A bias is a weight from one unit whose activity is always 1.
  const auto pre = [&](int phase) {
    return p.kind == ParameterSpec::bias ? Values{const_cast<float*>(&kOne), 0} : batch.activity(p.pre, phase);
  };
  const auto add = [&](const OuterTerm* terms, std::size_t count, float coefficient) {
    OuterArgs args;
    args.terms = terms;
    args.termCount = count;
    args.examples = batch.examples;
    args.from = item.from;
    args.to = item.to;
    args.panel = item.panel;
    args.size = network.layers[p.post].size;
    args.scale = scale * coefficient;
    args.weights = panel;
    batch.kernels.outer(args);
  };
  const auto term = [](Values a, Values b) { return OuterTerm{a.data, a.stride, b.data, b.stride}; };
  if (!difference_) {
    for (const Term& t : terms_) {
      const OuterTerm one = term(pre(t.phase), batch.activity(p.post, t.phase));
      add(&one, 1, t.coefficient);
    }
    return;
  }
  OuterTerm terms[2];
  std::size_t count = 0;
  if (!network.layers[p.post].clamped) terms[count++] = term(pre(terms_[0].phase), batch.change(p.post));
  if (p.kind == ParameterSpec::dense && !network.layers[p.pre].clamped) {
    terms[count++] = term(batch.change(p.pre), batch.activity(p.post, terms_[1].phase));
  }
  add(terms, count, terms_[0].coefficient);
}

} // namespace eqprop
