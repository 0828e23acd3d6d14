#include "engine/cost.h"

#include <algorithm>
#include <cmath>

namespace eqprop {

namespace {

// Calls f(example, its weight) for each of the rows.
template <class F> void forEach(const Batch& batch, const Rows& rows, F f) {
  for (std::size_t r = 0; r < rows.count; ++r) {
    const std::uint32_t e = rows.index[r];
    f(e, batch.weight() ? batch.weight()[e] : 1.0f);
  }
}

// −w ∂/∂x of −Σ d log softmax(x), which is w (d − Σd · softmax(x)).
void missOf(const Batch& batch, Values logits, Values out, const Rows& rows) {
  const std::size_t classes = batch.network.targetSize();
  forEach(batch, rows, [&](std::uint32_t e, float weight) {
    const float* d = batch.target().row(e);
    float* p = out.row(e);
    batch.kernels.softmax(logits.row(e), p, classes);
    float total = 0;
    for (std::size_t j = 0; j < classes; ++j) total += d[j];
    for (std::size_t j = 0; j < classes; ++j) p[j] = weight * (d[j] - total * p[j]);
  });
}

double squaredError(const float* y, const float* d, const std::vector<float>& weights, std::size_t size) {
  double sum = 0;
  for (std::size_t j = 0; j < size; ++j) {
    const double difference = static_cast<double>(y[j]) - d[j];
    sum += (weights.empty() ? 1.0 : weights[j]) * difference * difference;
  }
  return 0.5 * sum;
}

double crossEntropy(const float* x, const float* d, std::size_t size) {
  const double highest = *std::max_element(x, x + size);
  double sum = std::exp(x[0] - highest);
  for (std::size_t j = 1; j < size; ++j) sum += std::exp(x[j] - highest);
  const double logOfSum = highest + std::log(sum);
  double cost = 0;
  for (std::size_t j = 0; j < size; ++j) cost += d[j] * (logOfSum - x[j]);
  return cost;
}

} // namespace

void nudge(const Parameters& parameters, Batch& batch, int slot, const Rows& rows) {
  const Network& network = batch.network;
  const CostSpec& cost = network.cost;
  const std::size_t size = network.layers[network.output].size;
  const Values y = batch.state(network.output, slot), out = batch.nudge();
  if (cost.kind == CostSpec::crossEntropy) return missOf(batch, y, out, rows);
  if (cost.kind == CostSpec::readOut) {
    readOut(parameters, batch, slot, rows);
    const Values miss = batch.miss();
    const Source source = {miss.data, miss.stride, parameters.transposed(cost.weight), network.targetSize()};
    return batch.kernels.affine({rows, size, parameters.zeros(), 0, &source, 1}, out.data, out.stride);
  }
  forEach(batch, rows, [&](std::uint32_t e, float weight) {
    const float* d = batch.target().row(e);
    for (std::size_t j = 0; j < size; ++j) {
      out.row(e)[j] = weight * (cost.weights.empty() ? 1 : cost.weights[j]) * (d[j] - y.row(e)[j]);
    }
  });
}

void readOut(const Parameters& parameters, Batch& batch, int slot, const Rows& rows) {
  const Network& network = batch.network;
  if (!network.readsOut()) return;
  const Values y = batch.state(network.output, slot), out = batch.logits();
  const Source source = {y.data, y.stride, parameters.panels(network.cost.weight), network.layers[network.output].size};
  const float* bias = parameters.panels(network.cost.bias);
  batch.kernels.affine({rows, network.targetSize(), bias, 0, &source, 1}, out.data, out.stride);
  missOf(batch, out, batch.miss(), rows);
}

void measureCost(Batch& batch, int slot, const Rows& rows) {
  const CostSpec& cost = batch.network.cost;
  const std::size_t size = batch.network.targetSize();
  const Values output = answers(batch, slot);
  forEach(batch, rows, [&](std::uint32_t e, double weight) {
    const float *y = output.row(e), *d = batch.target().row(e);
    const double value =
        cost.kind == CostSpec::squaredError ? squaredError(y, d, cost.weights, size) : crossEntropy(y, d, size);
    batch.cost[e] = weight * value + batch.decay;
  });
}

Values answers(const Batch& batch, int slot) {
  return batch.network.readsOut() ? batch.logits() : batch.state(batch.network.output, slot);
}

std::size_t prediction(const Batch& batch, int slot, std::size_t example) {
  const float* y = answers(batch, slot).row(example);
  return static_cast<std::size_t>(std::max_element(y, y + batch.network.targetSize()) - y);
}

} // namespace eqprop
