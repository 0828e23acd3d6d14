#include "fuzz/networks.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "kernels/dispatch.h"
#include "test/check.h"

namespace fuzz {

using namespace eqprop;

namespace {

constexpr float kInfinite = std::numeric_limits<float>::infinity();

LayerSpec layerOf(Choices& choices, bool clamped) {
  LayerSpec layer;
  layer.size = choices.between(1, choices.oneIn(6) ? 140 : 12);
  layer.clamped = clamped;
  layer.activation =
      choices.of<Activation>({Activation::identity, Activation::identity, Activation::sigmoid, Activation::tanh});
  layer.low = choices.of<float>({0, -1, -kInfinite});
  layer.high = choices.of<float>({1, 2, kInfinite});
  layer.leak = choices.of<float>({1, 0.5f, 0, 1e-30f, 1e30f});
  if (clamped || !choices.oneIn(4)) return layer;
  layer.leak = 0;
  layer.response = choices.of<Activation>({Activation::sigmoid, Activation::tanh});
  return layer;
}

void connect(Choices& choices, Network& n, Connection::Kind kind, std::size_t pre, std::size_t post) {
  const std::size_t rows = kind == Connection::bias ? 1 : n.layers[pre].size, columns = n.layers[post].size;
  const bool symmetric = kind == Connection::lateral;
  std::size_t parameter = n.parameters.size();
  if (choices.oneIn(4)) { // one that it may share
    const auto fits = [&](const ParameterSpec& p) {
      return p.rows == rows && p.columns == columns && p.symmetric == symmetric;
    };
    parameter =
        static_cast<std::size_t>(std::find_if(n.parameters.begin(), n.parameters.end(), fits) - n.parameters.begin());
  }
  if (parameter == n.parameters.size()) {
    n.parameters.push_back({rows, columns, symmetric, choices.oneIn(3) ? choices.within(0, 0.5f) : 0});
  }
  n.connections.push_back({kind, parameter, pre, post});
}

void shuffle(Choices& choices, std::vector<std::size_t>& list) {
  for (std::size_t i = list.size(); i > 1; --i) std::swap(list[i - 1], list[choices.below(static_cast<unsigned>(i))]);
}

void addCost(Choices& choices, Network& n) {
  const std::size_t size = n.layers[n.output].size;
  n.cost.kind = choices.of<CostSpec::Kind>({CostSpec::squaredError, CostSpec::crossEntropy, CostSpec::readOut});
  if (n.cost.kind == CostSpec::squaredError && choices.flip()) {
    n.cost.weights.resize(size);
    choices.fill(n.cost.weights, size, 0, 2, 0);
    n.cost.least = 0, n.cost.most = 2;
  }
  if (n.cost.kind == CostSpec::crossEntropy) n.cost.least = 0, n.cost.most = 0.5f;
  if (n.cost.kind != CostSpec::readOut) return;
  const std::size_t classes = choices.between(1, 20);
  n.cost.least = n.cost.most = 0;
  n.cost.weight = n.parameters.size(), n.cost.bias = n.parameters.size() + 1;
  n.parameters.push_back({size, classes});
  n.parameters.push_back({1, classes});
}

Network networkOf(Choices& choices) {
  Network n;
  const std::size_t count = choices.between(2, 5);
  n.layers.push_back(layerOf(choices, true));
  for (std::size_t l = 1; l < count; ++l) n.layers.push_back(layerOf(choices, l + 1 < count && choices.oneIn(5)));
  n.output = count - 1;
  for (std::size_t l = 0; l < count; ++l) {
    if (choices.flip()) connect(choices, n, Connection::bias, l, l);
    if (choices.oneIn(4)) connect(choices, n, Connection::lateral, l, l);
    if (!n.layers[l].clamped) n.outwards.push_back(l);
  }
  for (std::size_t i = choices.between(0, 6); i > 0; --i) {
    const std::size_t pre = choices.below(static_cast<unsigned>(count));
    const std::size_t post = choices.below(static_cast<unsigned>(count));
    if (pre != post) connect(choices, n, Connection::dense, pre, post);
  }
  n.inwards = n.outwards;
  shuffle(choices, n.outwards);
  shuffle(choices, n.inwards);
  addCost(choices, n);
  return n;
}

std::size_t specialsOf(Choices& choices) { return choices.oneIn(3) ? choices.below(4) : 0; }

// Rows of a batch's memory.
void fillRows(Choices& choices, Values rows, std::size_t examples, std::size_t size, float low, float high) {
  std::vector<float> dense(examples * size);
  choices.fill(dense, dense.size(), low, high, specialsOf(choices));
  for (std::size_t e = 0; e < examples; ++e) std::copy_n(&dense[e * size], size, rows.row(e));
}

} // namespace

std::unique_ptr<Plan> planOf(Choices& choices) {
  const Kernels* kernels = choices.of(availableKernels());
  const Precision precision = choices.of<Precision>({Precision::float32, Precision::splitBf16, Precision::bf16});
  const std::size_t threads = choices.oneIn(4) ? choices.between(2, 3) : 1;
  auto plan = std::make_unique<Plan>(networkOf(choices), *kernels, precision, threads);
  plan->writeParameters(valuesOf(choices, plan->network(), true));
  return plan;
}

std::vector<Buffer<float>> valuesOf(Choices& choices, const Network& network, bool all) {
  std::vector<Buffer<float>> values;
  for (const ParameterSpec& p : network.parameters) {
    values.emplace_back(all || choices.flip() ? p.count() : 0);
    choices.fill(values.back(), values.back().size(), -0.5f, 0.5f, specialsOf(choices));
  }
  return values;
}

Dynamics dynamicsOf(Choices& choices, const Network& network) {
  Dynamics dynamics;
  const auto responds = [](const LayerSpec& layer) { return layer.response != Activation::identity; };
  const bool noEuler = std::any_of(network.layers.begin(), network.layers.end(), responds);
  dynamics.kind =
      noEuler ? choices.of<Dynamics::Kind>({Dynamics::fixedPoint, Dynamics::coordinateDescent})
              : choices.of<Dynamics::Kind>({Dynamics::euler, Dynamics::fixedPoint, Dynamics::coordinateDescent});
  dynamics.iterations = choices.below(12);
  dynamics.rate = choices.of<float>({0.5f, 1, 1e-30f, 1e30f});
  dynamics.tolerance = choices.of<float>({0, 1e-3f, 1e30f});
  return dynamics;
}

Program programOf(Choices& choices, const Network& network) {
  Program program;
  const bool clamps = network.targetSize() == network.layers[network.output].size && choices.oneIn(3);
  for (std::size_t i = 0, count = choices.between(1, 4); i < count; ++i) {
    Phase phase;
    phase.beta = i == 0 ? 0 : choices.of<float>({0.5f, -0.5f, 0, 1e20f});
    phase.from = static_cast<int>(choices.below(static_cast<unsigned>(i + 1))) - 1;
    phase.dynamics = dynamicsOf(choices, network);
    if (clamps && choices.flip()) phase.clamp = choices.within(-1, 1);
    program.phases.push_back(phase);
  }
  for (std::size_t i = choices.below(5); i > 0; --i) {
    const unsigned phase = choices.below(static_cast<unsigned>(program.phases.size()));
    program.terms.push_back({static_cast<int>(phase), choices.of<float>({2, -2, 1, 0, 1e30f, -1e-30f})});
  }
  return program;
}

Start startOf(Choices& choices, const Network&, bool persistent) {
  return choices.of(persistent ? std::vector<Start>{Start::zero, Start::feedForward, Start::persistent}
                               : std::vector<Start>{Start::zero, Start::feedForward});
}

std::unique_ptr<Batch> batchOf(Choices& choices, const Plan& plan, std::size_t phases) {
  const Network& network = plan.network();
  const std::size_t examples = choices.between(1, choices.oneIn(6) ? 150 : 9);
  std::unique_ptr<Batch> batch = plan.makeBatch(examples, phases);
  batch->examples = examples;
  batch->clearStart(0, examples);
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const LayerSpec& layer = network.layers[l];
    if (layer.clamped || choices.oneIn(3)) {
      fillRows(choices, batch->state(l, Batch::kStart), examples, layer.size, 0, 1);
    }
    if (layer.clamped || !choices.oneIn(4)) continue;
    const Values moves = batch->makeMoves(l);
    for (std::size_t e = 0; e < examples; ++e) {
      for (std::size_t j = 0; j < layer.size; ++j) moves.row(e)[j] = choices.oneIn(3) ? 0.0f : 1.0f;
    }
  }
  fillRows(choices, batch->target(), examples, network.targetSize(), 0, 1);
  if (!choices.oneIn(3)) return batch;
  std::vector<float> weights(examples);
  choices.fill(weights, examples, 0, 2, 0);
  std::copy(weights.begin(), weights.end(), batch->makeWeight());
  return batch;
}

std::shared_ptr<Dataset> datasetOf(Choices& choices, const Network& network) {
  auto data = std::make_shared<Dataset>();
  data->count = choices.between(1, 40);
  data->width = network.layers[network.input].size;
  data->scale = choices.of<float>({1, 1.0f / 255, 1e30f});
  if (choices.flip()) {
    data->bytes = Buffer<std::uint8_t>(data->count * data->width);
    for (std::size_t i = 0; i < data->bytes.size(); ++i) data->bytes[i] = static_cast<std::uint8_t>(31 * i % 251);
  } else {
    data->floats = Buffer<float>(data->count * data->width);
    choices.fill(data->floats, data->floats.size(), 0, 1, specialsOf(choices));
  }
  const std::size_t target = network.targetSize();
  if (choices.flip()) {
    data->labels = Buffer<std::uint32_t>(data->count);
    for (std::size_t i = 0; i < data->count; ++i) data->labels[i] = choices.below(static_cast<unsigned>(target));
  } else {
    data->targets = Buffer<float>(data->count * target);
    choices.fill(data->targets, data->targets.size(), 0, 1, specialsOf(choices));
  }
  if (choices.oneIn(3)) {
    data->weights = Buffer<float>(data->count);
    choices.fill(data->weights, data->count, 0, 2, 0);
  }
  return data;
}

void checkStates(const Plan& plan, const Batch& batch) {
  for (std::size_t l = 0; l < plan.network().layers.size(); ++l) {
    const LayerSpec& layer = plan.network().layers[l];
    const Values state = batch.state(l, 0);
    for (std::size_t e = 0; e < batch.examples; ++e) {
      for (std::size_t j = layer.size; j < state.stride; ++j) CHECK(state.row(e)[j] == 0);
    }
  }
}

} // namespace fuzz
