// Everything that an energy and a cost may be made of, without Node: against plain loops in double, and with the same
// bits for any number of threads and any company in the batch.
#include <cstring>
#include <limits>
#include <string>

#include "check.h"
#include "engine/plan.h"
#include "kernels/dispatch.h"
#include "reference.h"

namespace {

using namespace eqprop;
using test::Example;
using test::Numbers;
using test::Reference;
using test::Row;
using test::States;

constexpr std::size_t kExamples = 7;
constexpr float kInfinite = std::numeric_limits<float>::infinity();
const Cancel kNever{false};

struct Case {
  std::string name;
  Network network;
  std::vector<Dynamics> dynamics;
};

// A connection with a parameter of its own.
void connect(Network& n, Connection::Kind kind, std::size_t pre, std::size_t post) {
  n.connections.push_back({kind, n.parameters.size(), pre, post});
  n.parameters.push_back(
      {kind == Connection::bias ? 1 : n.layers[pre].size, n.layers[post].size, kind == Connection::lateral});
}

// A chain of an input, two hidden layers and an output.
Network chain(std::size_t h1 = 70, std::size_t h2 = 33, std::size_t y = 7) {
  Network n;
  n.layers = {{19, true, Activation::identity, -kInfinite, kInfinite, 0},
              {h1, false, Activation::identity, 0, 1, 1},
              {h2, false, Activation::identity, 0, 1, 1.25f},
              {y, false, Activation::identity, -1, 2, 1}};
  for (const std::size_t l : {1u, 2u, 3u}) connect(n, Connection::bias, l, l);
  for (const std::size_t l : {1u, 2u, 3u}) connect(n, Connection::dense, l - 1, l);
  n.output = 3;
  n.outwards = {1, 2, 3};
  n.inwards = {3, 2, 1};
  return n;
}

void addReadOut(Network& n, std::size_t output, std::size_t classes) {
  n.output = output;
  n.cost.kind = CostSpec::readOut;
  n.cost.least = n.cost.most = 0;
  n.cost.weight = n.parameters.size();
  n.parameters.push_back({n.layers[output].size, classes});
  n.cost.bias = n.parameters.size();
  n.parameters.push_back({1, classes});
}

std::vector<Case> cases() {
  const std::vector<Dynamics> all = {
      {Dynamics::euler, 9, 0.4f, 0}, {Dynamics::fixedPoint, 8, 0.6f, 0}, {Dynamics::coordinateDescent, 7, 1.1f, 0}};
  const std::vector<Dynamics> minimisers = {all[1], all[2]}, simultaneous = {all[0], all[1]};
  std::vector<Case> list;
  list.push_back({"a chain", chain(), all});

  Network lateral = chain();
  for (const std::size_t l : {1u, 3u}) connect(lateral, Connection::lateral, l, l);
  lateral.parameters.back().decay = 0.1f;
  list.push_back({"lateral weights with decay", lateral, all});

  Network shared = chain(21, 21, 21);
  shared.connections.back().parameter = shared.connections[4].parameter; // h2 → y has the weights of h1 → h2
  shared.parameters.pop_back();
  addReadOut(shared, 3, 5);
  list.push_back({"shared weights and a read-out", shared, all});

  Network behind = chain();
  addReadOut(behind, 2, 5);
  behind.parameters[behind.cost.weight].decay = 0.02f;
  list.push_back({"a read-out of a layer with one behind it, with decay", behind, all});

  Network weighted = chain();
  weighted.cost.weights = {0, 0.5f, 1, 1.2f, 0.1f, 1, 0.7f};
  weighted.cost.least = 0, weighted.cost.most = 1.2f;
  list.push_back({"weights by unit", weighted, all});

  Network logits = chain();
  logits.layers[3].low = -10, logits.layers[3].high = 10;
  logits.cost.kind = CostSpec::crossEntropy;
  logits.cost.least = 0, logits.cost.most = 0.5f;
  list.push_back({"cross-entropy", logits, all});

  Network outer = chain();
  outer.layers[0].leak = 0.5f;
  outer.layers.push_back({11, true, Activation::tanh, -kInfinite, kInfinite, 0});
  connect(outer, Connection::bias, 0, 0);
  connect(outer, Connection::lateral, 0, 0);
  connect(outer, Connection::dense, 0, 4);
  connect(outer, Connection::dense, 2, 4);
  list.push_back({"two clamped layers, joined", outer, all});

  Network conjugate = chain();
  for (const std::size_t l : {1u, 2u, 3u}) {
    conjugate.layers[l].leak = 0;
    conjugate.layers[l].response = l == 2 ? Activation::tanh : Activation::sigmoid;
    conjugate.layers[l].low = l == 2 ? -1 : 0;
    conjugate.layers[l].high = 1;
  }
  list.push_back({"conjugate leaks", conjugate, minimisers});

  Network smooth = chain();
  smooth.layers[1].activation = Activation::tanh;
  smooth.layers[3].activation = Activation::sigmoid;
  connect(smooth, Connection::lateral, 1, 1);
  list.push_back({"smooth activations", smooth, simultaneous});
  return list;
}

std::vector<std::vector<float>> valuesFor(const Network& network) {
  Numbers numbers(5);
  std::vector<std::vector<float>> values;
  for (const ParameterSpec& p : network.parameters) {
    const float bound = 1 / std::sqrt(static_cast<float>(p.rows) + 3);
    values.emplace_back(p.count());
    for (float& x : values.back()) x = numbers.between(-bound, bound);
  }
  return values;
}

// Who computes, and how far from the reference its states and gradients (relatively) may be.
struct Machine {
  const Kernels& kernels;
  Precision precision;

  double state() const { return precision == Precision::float32 ? 1e-5 : precision == Precision::bf16 ? 2e-2 : 5e-5; }
  double gradient() const { return precision == Precision::float32 ? 2e-4 : precision == Precision::bf16 ? 0.2 : 1e-3; }
};

std::unique_ptr<Plan> planOf(const Network& network, std::size_t threads, const Machine& on) {
  auto plan = std::make_unique<Plan>(network, on.kernels, on.precision, threads);
  std::vector<Buffer<float>> buffers;
  for (const std::vector<float>& v : valuesFor(network)) {
    buffers.emplace_back(v.size());
    std::copy(v.begin(), v.end(), buffers.back().data());
  }
  plan->writeParameters(buffers);
  const std::vector<Buffer<float>> back = plan->readParameters();
  for (std::size_t p = 0; p < back.size(); ++p) {
    CHECK(std::memcmp(back[p].data(), buffers[p].data(), back[p].size() * sizeof(float)) == 0);
  }
  return plan;
}

// Data for a batch: starts that are not zero, targets that add up to 1, and, if wanted, weights and units held.
struct World {
  World(const Network& network, bool weights, bool held) {
    Numbers numbers(11);
    for (std::size_t e = 0; e < kExamples; ++e) {
      States start;
      Example example;
      for (const LayerSpec& layer : network.layers) {
        start.emplace_back(layer.size);
        for (double& x : start.back()) x = numbers.between(0.05f, 0.9f);
        example.held.emplace_back(layer.size);
        for (std::size_t j = 0; j < layer.size; ++j) example.held.back()[j] = held && (j * 7 + e) % 3 == 0;
      }
      double sum = 0;
      example.target.resize(network.targetSize());
      for (double& d : example.target) sum += d = numbers.between(0, 1);
      for (double& d : example.target) d = static_cast<float>(d / sum);
      if (weights) example.weight = numbers.between(0.3f, 1.6f);
      starts.push_back(start);
      examples.push_back(example);
    }
  }

  // Examples [from, to) as a batch.
  std::unique_ptr<Batch> batch(const Plan& plan, std::size_t phases, bool weights, bool held, std::size_t from = 0,
                               std::size_t to = kExamples) const {
    const Network& network = plan.network();
    std::unique_ptr<Batch> batch = plan.makeBatch(to - from, phases);
    batch->examples = to - from;
    const auto copy = [](const Row& from_, float* row) {
      for (std::size_t j = 0; j < from_.size(); ++j) row[j] = static_cast<float>(from_[j]);
    };
    if (weights) batch->makeWeight();
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
      const Values moves = held && !network.layers[l].clamped ? batch->makeMoves(l) : Values{};
      for (std::size_t e = from; e < to; ++e) {
        copy(starts[e][l], batch->state(l, Batch::kStart).row(e - from));
        for (std::size_t j = 0; moves.data && j < network.layers[l].size; ++j) {
          moves.row(e - from)[j] = examples[e].held[l][j] ? 0.0f : 1.0f;
        }
      }
    }
    for (std::size_t e = from; e < to; ++e) {
      copy(examples[e].target, batch->target().row(e - from));
      if (weights) batch->setWeight(e - from, static_cast<float>(examples[e].weight));
    }
    return batch;
  }

  std::vector<States> starts;
  std::vector<Example> examples;
};

void settlesAsTheReference(const Case& c, const Machine& on) {
  const auto plan = planOf(c.network, 2, on);
  const Reference reference(c.network, valuesFor(c.network));
  for (const bool weights : {false, true}) {
    for (const bool held : {false, true}) {
      const World world(c.network, weights, held);
      for (const Dynamics& dynamics : c.dynamics) {
        for (const float beta : {0.0f, 0.5f, -0.4f}) {
          const Phase phase{beta, Phase::kStart, dynamics};
          const auto batch = world.batch(*plan, 1, weights, held);
          plan->settle(*batch, phase, kNever);
          for (std::size_t e = 0; e < kExamples; ++e) {
            const States end = reference.settle(world.starts[e], phase, world.examples[e]);
            for (std::size_t l = 0; l < end.size(); ++l) {
              const float* row = batch->state(l, 0).row(e);
              for (std::size_t j = 0; j < end[l].size(); ++j) {
                CHECK_NEAR(row[j], end[l][j], on.state());
                if (world.examples[e].held[l][j]) CHECK(row[j] == static_cast<float>(world.starts[e][l][j]));
              }
              for (std::size_t j = end[l].size(); j < batch->state(l, 0).stride; ++j) CHECK(row[j] == 0);
            }
            CHECK_NEAR(batch->energy[e], reference.energy(end), 10 * on.state());
            CHECK_NEAR(batch->cost[e], reference.cost(end[c.network.output], world.examples[e]), 10 * on.state());
          }
        }
      }
    }
  }
}

std::vector<Program> programsFor(const Case& c) {
  const Dynamics free = c.dynamics.front(), nudged = c.dynamics.back();
  std::vector<Program> programs = {
      {{{0, -1, free}, {0.5f, 0, nudged}}, {{1, 2.0f}, {0, -2.0f}}},
      {{{0, -1, free}, {0.5f, 0, nudged}, {-0.5f, 0, nudged}}, {{1, 1.5f}, {2, -0.5f}, {0, -1.0f}}},
      {{{0, -1, free}, {0.5f, 0, nudged}}, {{1, 1.0f}}}}; // not compensated
  if (!c.network.readsOut()) {
    programs.push_back({{{0, -1, free}, {0, 0, nudged, 1.0f}}, {{1, 1.0f}, {0, -1.0f}}});
    programs.push_back({{{0, -1, free}, {0, 0, nudged, 0.4f}, {0, 0, nudged, -0.4f}}, {{1, 1.25f}, {2, -1.25f}}});
    Dynamics none = nudged;
    none.iterations = 0;
    programs.push_back({{{0, -1, free}, {0, 0, none, 0.4f}}, {{1, 2.5f}, {0, -2.5f}}});
  }
  return programs;
}

void differentiatesAsTheReference(const Case& c, const Machine& on) {
  const auto plan = planOf(c.network, 3, on);
  const Reference reference(c.network, valuesFor(c.network));
  for (const bool weights : {false, true}) {
    World world(c.network, weights, false);
    for (States& start : world.starts) { // a gradient starts at zero
      for (std::size_t l = 0; l < start.size(); ++l) {
        if (!c.network.layers[l].clamped) start[l].assign(start[l].size(), 0);
      }
    }
    for (const Program& program : programsFor(c)) {
      const auto batch = world.batch(*plan, program.phases.size(), weights, false);
      const std::vector<Buffer<float>> gradient = plan->gradient(*batch, program, kNever);
      const std::vector<Row> expected = reference.gradient(world.starts, world.examples, program);
      for (std::size_t p = 0; p < expected.size(); ++p) {
        double norm = 1e-6;
        for (const double g : expected[p]) norm = std::fmax(norm, std::fabs(g));
        for (std::size_t k = 0; k < expected[p].size(); ++k)
          CHECK_NEAR(gradient[p][k], expected[p][k], on.gradient() * norm);
      }
    }
  }
}

TrainRequest requestFor(const Case& c, bool weighted = false) {
  Numbers numbers(3);
  TrainRequest r;
  r.data = std::make_shared<Dataset>();
  r.data->count = 40;
  r.data->width = c.network.layers[c.network.input].size;
  r.data->floats = Buffer<float>(r.data->count * r.data->width);
  r.data->labels = Buffer<std::uint32_t>(r.data->count);
  for (std::size_t i = 0; i < r.data->floats.size(); ++i) r.data->floats[i] = numbers.between(0, 1);
  for (std::size_t i = 0; i < r.data->count; ++i) {
    r.data->labels[i] = numbers.below(static_cast<unsigned>(c.network.targetSize()));
  }
  if (weighted) r.data->weights = Buffer<float>(r.data->count);
  for (std::size_t i = 0; i < r.data->weights.size(); ++i) r.data->weights[i] = 0.75f * static_cast<float>(i % 3);
  for (std::uint32_t i = 0; i < 3 * r.data->count; ++i) r.order.push_back(i * 29 % 40);
  r.batchSize = 11;
  r.programs = programsFor(c);
  r.programs.erase(r.programs.begin() + 2);
  for (std::size_t b = 0; b * r.batchSize < r.order.size(); ++b) {
    r.choice.push_back(static_cast<std::uint32_t>(b % r.programs.size()));
  }
  r.rates.assign(c.network.parameters.size(), 0.05f);
  return r;
}

std::vector<float> parametersOf(Plan& plan) {
  std::vector<float> all;
  for (const Buffer<float>& values : plan.readParameters()) {
    all.insert(all.end(), values.data(), values.data() + values.size());
  }
  return all;
}

bool sameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void trainsToTheSameBits(const Case& c, const Machine& on, bool weighted) {
  const TrainRequest request = requestFor(c, weighted);
  std::vector<float> one;
  Totals first;
  for (const std::size_t threads : {1u, 2u, 3u, 8u}) {
    const auto plan = planOf(c.network, threads, on);
    const Totals totals = plan->train(request, kNever, [](const Totals&) {});
    const std::vector<float> trained = parametersOf(*plan);
    if (threads == 1) {
      one = trained, first = totals;
      for (const float w : one) CHECK(std::isfinite(w));
    }
    CHECK(sameBits(trained, one));
    CHECK(totals.cost == first.cost && totals.energy == first.energy && totals.wrong == first.wrong);
  }
}

// A plan that was trained holds no more than what is read from it: weights below the diagonal are those above it, and all
// copies are up to date.
void goesOnFromWhatIsRead(const Case& c, const Machine& on) {
  const TrainRequest request = requestFor(c);
  const auto trained = planOf(c.network, 2, on), copy = planOf(c.network, 2, on);
  trained->train(request, kNever, [](const Totals&) {});
  copy->writeParameters(trained->readParameters());
  trained->train(request, kNever, [](const Totals&) {});
  copy->train(request, kNever, [](const Totals&) {});
  CHECK(sameBits(parametersOf(*trained), parametersOf(*copy)));
}

void settlesTheSameAlone(const Case& c, const Machine& on) {
  const auto plan = planOf(c.network, 1, on);
  const World world(c.network, true, true);
  for (Dynamics dynamics : c.dynamics) {
    dynamics.tolerance = 1e-3f; // examples leave at different steps
    const Phase phase{0.5f, Phase::kStart, dynamics};
    const auto together = world.batch(*plan, 1, true, true);
    plan->settle(*together, phase, kNever);
    for (std::size_t e = 0; e < kExamples; ++e) {
      const auto alone = world.batch(*plan, 1, true, true, e, e + 1);
      plan->settle(*alone, phase, kNever);
      CHECK(alone->energy[0] == together->energy[e] && alone->cost[0] == together->cost[e]);
      CHECK(alone->iterations[0] == together->iterations[e]);
      for (std::size_t l = 0; l < c.network.layers.size(); ++l) {
        const std::size_t bytes = c.network.layers[l].size * sizeof(float);
        CHECK(std::memcmp(alone->state(l, 0).row(0), together->state(l, 0).row(e), bytes) == 0);
      }
    }
  }
}

void mirrorsExactly(const Kernels& kernels) {
  Network n;
  n.layers = {{133, false, Activation::identity, 0, 1, 1}};
  connect(n, Connection::lateral, 0, 0);
  n.outwards = n.inwards = {0};
  Parameters parameters(n, kernels, Precision::float32);
  Numbers numbers(9);
  const std::size_t width = kernels.panelWidth, size = 133;
  const auto at = [&](std::size_t row, std::size_t column) {
    return (column / width * size + row) * width + column % width;
  };
  float* w = parameters.panels(0);
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) w[at(i, j)] = numbers.between(-1, 1); // as an update leaves it
  }
  for (const Item& item : itemsOf(parameters)) parameters.mirror(0, item.panel, item.from, item.to);
  parameters.refreshSums();
  for (std::size_t i = 0; i < size; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < size; ++j) {
      CHECK(w[at(i, j)] == w[at(j, i)]);
      sum += std::fabs(w[at(i, j)]);
    }
    CHECK(w[at(i, i)] == 0);
    CHECK_NEAR(parameters.coupling(0)[i], sum, 1e-4);
  }
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = size; j < parameters.panelCount(0) * width; ++j) CHECK(w[at(i, j)] == 0);
  }
}

} // namespace

int main() {
  Seats::ofProcess().setCount(8); // on any machine
  for (const Kernels* kernels : availableKernels()) {
    mirrorsExactly(*kernels);
    for (const Precision precision : {Precision::float32, Precision::splitBf16, Precision::bf16}) {
      const Machine on{*kernels, precision};
      for (const Case& c : cases()) {
        settlesAsTheReference(c, on);
        differentiatesAsTheReference(c, on);
        for (const bool weighted : {false, true}) trainsToTheSameBits(c, on, weighted);
        goesOnFromWhatIsRead(c, on);
        settlesTheSameAlone(c, on);
        std::printf("%s, precision %d, %s: %d failures so far\n", kernels->name, static_cast<int>(precision),
                    c.name.c_str(), test::failures());
      }
    }
  }
  return test::finish();
}
