// A plan trained and asked without Node: the same bits for any number of threads, jobs that overlap, jobs that stop.
#include <cstring>
#include <limits>
#include <thread>

#include "allocations.h"
#include "check.h"
#include "engine/errors.h"
#include "engine/plan.h"
#include "kernels/dispatch.h"
#include "reference.h"

namespace {

using namespace eqprop;
using test::Numbers;

constexpr std::size_t kInputs = 37, kOutputs = 5, kExamples = 64;

// With a parameter of its own.
void connect(Network& n, Connection::Kind kind, std::size_t pre, std::size_t post) {
  n.connections.push_back({kind, n.parameters.size(), pre, post});
  n.parameters.push_back({kind == Connection::bias ? 1 : n.layers[pre].size, n.layers[post].size});
}

Network network(Activation activation) {
  const float infinite = std::numeric_limits<float>::infinity();
  const float low = activation == Activation::identity ? 0 : -infinite,
              high = activation == Activation::identity ? 1 : infinite;
  Network n;
  n.layers = {{kInputs, true, Activation::identity, -infinite, infinite, 0},
              {70, false, activation, low, high, 1},
              {33, false, activation, low, high, 1},
              {kOutputs, false, activation, low, high, 1}};
  for (const std::size_t l : {1u, 2u, 3u}) connect(n, Connection::bias, l, l);
  for (const std::size_t l : {1u, 2u, 3u}) connect(n, Connection::dense, l - 1, l);
  connect(n, Connection::dense, 1, 3); // a skip connection
  n.input = 0;
  n.output = 3;
  n.outwards = {1, 2, 3};
  n.inwards = {3, 1, 2};
  return n;
}

std::shared_ptr<Dataset> data() {
  Numbers numbers(3);
  auto set = std::make_shared<Dataset>();
  set->count = kExamples;
  set->width = kInputs;
  set->floats = Buffer<float>(kExamples * kInputs);
  set->labels = Buffer<std::uint32_t>(kExamples);
  for (std::size_t i = 0; i < set->floats.size(); ++i) set->floats[i] = numbers.between(0, 1);
  for (std::size_t i = 0; i < kExamples; ++i) set->labels[i] = numbers.below(kOutputs);
  return set;
}

std::unique_ptr<Plan> plan(Activation activation, std::size_t threads, const Kernels& kernels,
                           Precision precision = Precision::float32) {
  auto p = std::make_unique<Plan>(network(activation), kernels, precision, threads);
  Numbers numbers(5);
  std::vector<Buffer<float>> values;
  for (const ParameterSpec& spec : p->network().parameters) {
    values.emplace_back(spec.count());
    for (std::size_t k = 0; k < values.back().size(); ++k) values.back()[k] = numbers.between(-0.2f, 0.2f);
  }
  p->writeParameters(values);
  const std::vector<Buffer<float>> back = p->readParameters();
  for (std::size_t i = 0; i < values.size(); ++i) {
    CHECK(std::memcmp(back[i].data(), values[i].data(), values[i].size() * sizeof(float)) == 0);
  }
  return p;
}

TrainRequest request(float tolerance) {
  TrainRequest r;
  r.data = data();
  for (int pass = 0; pass < 5; ++pass) {
    for (std::uint32_t i = 0; i < kExamples; ++i)
      r.order.push_back((i * 29 + static_cast<std::uint32_t>(pass)) % kExamples);
  }
  r.until = r.order.size();
  r.batchSize = 11;
  const Dynamics free{Dynamics::euler, 20, 0.5f, tolerance}, nudged{Dynamics::euler, 5, 0.5f, 0};
  r.programs = {{{{0, -1, free}, {0.5f, 0, nudged}}, {{1, 2.0f}, {0, -2.0f}}},
                {{{0, -1, free}, {0.5f, 0, nudged}, {-0.5f, 0, nudged}}, {{1, 1.0f}, {2, -1.0f}}},
                {{{0, -1, free}, {0.5f, 0, nudged}, {-0.5f, 0, nudged}}, {{1, 1.5f}, {2, -0.5f}, {0, -1.0f}}}};
  for (std::size_t b = 0; b * r.batchSize < r.order.size(); ++b) r.choice.push_back(static_cast<std::uint32_t>(b % 3));
  r.rates.assign(7, 0.05f);
  r.start = Start::persistent;
  return r;
}

std::vector<float> trained(Activation activation, std::size_t threads, const Kernels& kernels, Start start) {
  const auto p = plan(activation, threads, kernels);
  const Cancel cancel{false};
  TrainRequest r = request(1e-3f);
  r.start = start;
  const Totals totals = p->train(r, cancel, [](const Totals&) {});
  CHECK(totals.examples == 5 * kExamples);
  std::vector<float> all;
  for (const Buffer<float>& values : p->readParameters())
    all.insert(all.end(), values.data(), values.data() + values.size());
  return all;
}

// Layer by layer, one step to the minimiser in a network without what leads further out.
test::States feedForward(const Network& whole, const std::vector<std::vector<float>>& values, test::States states) {
  std::vector<bool> after(whole.layers.size());
  for (const std::size_t l : whole.outwards) after[l] = true;
  for (const std::size_t l : whole.outwards) {
    after[l] = false;
    Network cut = whole;
    cut.outwards = {l};
    cut.connections.clear();
    for (const Connection& c : whole.connections) {
      if (!after[c.pre] && !after[c.post]) cut.connections.push_back(c);
    }
    states = test::Reference(cut, values).settle(states, {0, -1, {Dynamics::fixedPoint, 1, 1, 0}}, {});
  }
  return states;
}

void startsAsTheReference() {
  for (const Kernels* kernels : availableKernels()) {
    for (const Activation activation : {Activation::identity, Activation::sigmoid, Activation::tanh}) {
      Network n = network(activation);
      n.layers[3].response = Activation::sigmoid;
      n.layers[3].activation = Activation::identity;
      n.layers[3].leak = 0;
      connect(n, Connection::lateral, 1, 1);
      n.parameters.back().symmetric = true;
      Plan p(n, *kernels, Precision::float32, 2);
      Numbers numbers(7);
      std::vector<std::vector<float>> values;
      std::vector<Buffer<float>> buffers;
      for (const ParameterSpec& spec : n.parameters) {
        values.emplace_back(spec.count());
        buffers.emplace_back(spec.count());
        for (std::size_t k = 0; k < spec.count(); ++k) {
          buffers.back()[k] = values.back()[k] = numbers.between(-0.2f, 0.2f);
        }
      }
      p.writeParameters(buffers);
      const auto batch = p.makeBatch(3, 1);
      batch->examples = 3;
      batch->clearStart(0, 3);
      for (std::size_t e = 0; e < 3; ++e) {
        for (std::size_t i = 0; i < kInputs; ++i) batch->state(0, Batch::kStart).row(e)[i] = numbers.between(0, 1);
        for (std::size_t j = 0; j < 70; ++j) batch->state(1, Batch::kStart).row(e)[j] = numbers.between(0, 1);
      }
      std::vector<test::States> expected;
      for (std::size_t e = 0; e < 3; ++e) {
        test::States start;
        for (std::size_t l = 0; l < n.layers.size(); ++l) {
          const float* row = batch->state(l, Batch::kStart).row(e);
          start.emplace_back(row, row + n.layers[l].size);
        }
        expected.push_back(feedForward(n, values, start));
      }
      p.settle(*batch, {0, Phase::kStart, {Dynamics::fixedPoint, 0, 1, 0}}, Cancel{false}, Start::feedForward);
      for (std::size_t e = 0; e < 3; ++e) {
        for (std::size_t l = 0; l < n.layers.size(); ++l) {
          for (std::size_t j = 0; j < n.layers[l].size; ++j) {
            CHECK_NEAR(batch->state(l, 0).row(e)[j], expected[e][l][j], 1e-5);
          }
        }
      }
    }
  }
}

void sameBitsForAnyNumberOfThreads() {
  for (const Kernels* kernels : availableKernels()) {
    for (const Activation activation : {Activation::identity, Activation::sigmoid, Activation::tanh}) {
      for (const Start start : {Start::persistent, Start::feedForward}) {
        const std::vector<float> one = trained(activation, 1, *kernels, start);
        for (const float w : one) CHECK(std::isfinite(w));
        for (const std::size_t threads : {2u, 3u, 8u}) {
          const std::vector<float> many = trained(activation, threads, *kernels, start);
          CHECK(std::memcmp(one.data(), many.data(), one.size() * sizeof(float)) == 0);
        }
      }
    }
  }
}

// Counted on all threads. What comes before the first step and after the last may allocate.
void noStepAllocates() {
  for (const auto& [threads, start] :
       {std::pair{1u, Start::persistent}, {2u, Start::persistent}, {2u, Start::feedForward}}) {
    const Precision precision = threads == 1 ? Precision::float32 : Precision::splitBf16;
    const auto p = plan(Activation::tanh, threads, *availableKernels().front(), precision);
    TrainRequest r = request(1e-3f);
    r.start = start;
    r.data->weights = Buffer<float>(kExamples);
    r.momentum = 0.5f;
    r.velocity = p->makeVelocity();
    const Cancel cancel{false};
    std::size_t first = 0, last = 0;
    p->train(r, cancel, [&](const Totals&) {
      last = test::allocations.load();
      if (first == 0) first = last;
    });
    CHECK(first > 0 && first == last);
  }
}

// A training that was stopped in the midst of it and goes on from what its totals say has the bits of one that was not.
void stoppedTrainingsGoOn() {
  const auto whole = plan(Activation::identity, 2, *availableKernels().front());
  const auto pieces = plan(Activation::identity, 3, *availableKernels().front());
  TrainRequest r = request(1e-3f), rest = r;
  rest.data = data();
  r.momentum = rest.momentum = 0.5f;
  r.velocity = whole->makeVelocity();
  rest.velocity = pieces->makeVelocity();
  const Cancel never{false};
  const Totals totals = whole->train(r, never, [](const Totals&) {});
  for (std::size_t stops = 0; rest.sofar.examples < rest.until; ++stops) {
    Cancel cancel{false};
    std::thread stopper([&] {
      std::this_thread::sleep_for(std::chrono::microseconds(300 + 170 * stops));
      cancel = true;
    });
    rest.sofar = pieces->train(rest, cancel, [](const Totals&) {});
    stopper.join();
    CHECK(rest.sofar.examples == rest.until || rest.sofar.examples % rest.batchSize == 0);
  }
  CHECK(rest.sofar.energy == totals.energy && rest.sofar.cost == totals.cost && rest.sofar.wrong == totals.wrong);
  const std::vector<Buffer<float>> a = whole->readParameters(), b = pieces->readParameters();
  const std::vector<Buffer<float>> v = whole->readVelocity(*r.velocity), w = pieces->readVelocity(*rest.velocity);
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(float)) == 0);
    CHECK(std::memcmp(v[i].data(), w[i].data(), v[i].size() * sizeof(float)) == 0);
  }
  const Buffer<float>&kept = r.data->persistent, &again = rest.data->persistent;
  CHECK(std::memcmp(kept.data(), again.data(), kept.size() * sizeof(float)) == 0);
}

// What a call throws, or nothing that diverged.
template <class Act> std::optional<Diverged> divergence(const Act& act) {
  try {
    act();
  } catch (const Diverged& diverged) {
    return diverged;
  }
  return std::nullopt;
}

void write(Plan& p, std::size_t parameter, float value) {
  std::vector<Buffer<float>> values(p.network().parameters.size());
  values[parameter] = Buffer<float>(p.network().parameters[parameter].count());
  for (std::size_t k = 0; k < values[parameter].size(); ++k) values[parameter][k] = value;
  p.writeParameters(values);
}

// The same for any number of threads: which update, and what in it.
void whatDivergesIsNamed() {
  const Cancel cancel{false};
  for (const std::size_t threads : {1u, 2u, 5u}) {
    for (std::size_t parameter = 0; parameter < 7; ++parameter) { // its update alone overflows
      const auto p = plan(Activation::identity, threads, *availableKernels().front());
      TrainRequest r = request(0);
      r.rates.assign(7, 0);
      r.rates[parameter] = 3e38f;
      for (Program& program : r.programs) {
        for (Term& term : program.terms) term.coefficient *= 1e6f;
      }
      const auto diverged = divergence([&] { p->train(r, cancel, [](const Totals&) {}); });
      CHECK(diverged && diverged->where == Diverged::parameter && diverged->index == parameter && diverged->step == 1);
    }
    const auto p = plan(Activation::tanh, threads, *availableKernels().front());
    write(*p, 4, 3e38f); // from layer 1 to layer 2
    const auto trained = divergence([&] { p->train(request(0), cancel, [](const Totals&) {}); });
    CHECK(trained && trained->where == Diverged::state && trained->index == 2 && trained->step == 1);
    const Dynamics dynamics{Dynamics::euler, 10, 0.5f, 0};
    const auto evaluated = divergence([&] { p->evaluate({data(), dynamics, Start::zero, true}, cancel); });
    CHECK(evaluated && evaluated->where == Diverged::state && evaluated->index == 2);
    CHECK(evaluated && evaluated->step >= 2 && evaluated->step <= 10);
    const auto one = plan(Activation::tanh, 1, *availableKernels().front());
    write(*one, 4, 3e38f);
    const auto alone = divergence([&] { one->evaluate({data(), dynamics, Start::zero, true}, cancel); });
    CHECK(alone && evaluated && alone->step == evaluated->step);
  }
}

void jobsTakeTurnsAndStop() {
  const auto p = plan(Activation::identity, 2, *availableKernels().front());
  Cancel cancel{false};
  const Cancel never{false};
  bool stopped = false;
  std::thread training([&] {
    constexpr std::size_t kAll = 5 * kExamples;
    while (p->train(request(0), cancel, [](const Totals&) {}).examples == kAll) {
    }
    stopped = true;
  });
  for (int i = 0; i < 20; ++i) {
    const Evaluation e = p->evaluate({data(), {Dynamics::euler, 10, 0.5f, 0}, Start::zero, true}, never);
    CHECK(e.totals.examples == kExamples && e.outputs.size() == kExamples * kOutputs);
  }
  cancel = true;
  training.join();
  CHECK(stopped);
}

// All of it: of plans, data, batches and velocities, also where a job threw.
void memoryIsCountedAndGivenBack() {
  const std::size_t before = liveBytes();
  {
    const auto p = plan(Activation::identity, 2, *availableKernels().front(), Precision::splitBf16);
    CHECK(liveBytes() - before >= p->heldBytes() && p->heldBytes() > 37 * 70 * sizeof(float));
    TrainRequest r = request(0);
    const std::size_t held = liveBytes();
    CHECK(held - before >= p->heldBytes() + r.data->heldBytes());
    r.momentum = 0.5f;
    r.velocity = p->makeVelocity();
    p->train(r, Cancel{false}, [](const Totals&) {});
    CHECK(liveBytes() - held == bytesOf(*r.velocity) + r.data->persistent.bytes() + r.data->visited.bytes());
    r.rates.assign(7, 3e38f);
    for (Term& term : r.programs[0].terms) term.coefficient *= 1e6f;
    CHECK(divergence([&] { p->train(r, Cancel{false}, [](const Totals&) {}); }));
  }
  CHECK(liveBytes() == before);
}

// A plan made, trained on a few batches and asked, while one allocation after the other fails, once or with all that follow:
// what was there before works, and no byte is lost.
void everyAllocationMayFail() {
  const Dynamics few{Dynamics::euler, 2, 0.5f, 0};
  const auto work = [&](Plan& p) {
    TrainRequest r = request(0);
    r.programs.resize(1);
    r.programs[0] = {{{0, -1, few}, {0.5f, 0, few}}, {{1, 2.0f}, {0, -2.0f}}};
    for (std::uint32_t& choice : r.choice) choice = 0;
    r.until = r.batchSize;
    r.momentum = 0.5f;
    r.velocity = p.makeVelocity();
    p.train(r, Cancel{false}, [](const Totals&) {});
    p.evaluate({r.data, few, Start::feedForward, true}, Cancel{false});
    const auto batch = p.makeBatch(2, 2);
    batch->examples = 2;
    p.gradient(*batch, r.programs[0], Cancel{false});
  };
  const std::size_t before = liveBytes();
  const auto old = plan(Activation::tanh, 2, *availableKernels().front());
  const std::size_t held = liveBytes();
  std::size_t failed = 0;
  for (const bool forEver : {false, true}) {
    for (long n = 0;; ++n) {
      test::forEver = forEver;
      test::granted = n;
      bool threw = false;
      try {
        work(*old);
        Plan(network(Activation::tanh), *availableKernels().front(), Precision::splitBf16, 2);
      } catch (const std::bad_alloc&) {
        threw = true;
      }
      const bool over = test::granted >= 0 && !threw; // it needed no more than n
      test::granted = -1;
      CHECK(threw || over);
      CHECK(liveBytes() == held);
      failed += threw;
      if (n % 50 == 0) work(*old);
      if (over) break;
    }
  }
  CHECK(failed > 200);
  CHECK(before < held);
}

// With one seat for all: who settles for ever does not keep it, nor do those who wait outlive their cancellation.
void longSettlesLetOthersIn() {
  Seats::ofProcess().setCount(1);
  const auto endless = plan(Activation::identity, 2, *availableKernels().front());
  const auto other = plan(Activation::identity, 2, *availableKernels().front());
  Cancel cancel{false};
  const Dynamics dynamics{Dynamics::euler, 1000000000, 0.5f, 0}, few{Dynamics::euler, 10, 0.5f, 0};
  const auto run = [&] {
    try {
      endless->evaluate({data(), dynamics, Start::zero, false}, cancel);
    } catch (const Cancelled&) {
    }
  };
  std::thread first(run), second(run);
  for (int i = 0; i < 20; ++i) {
    CHECK(other->evaluate({data(), few, Start::zero, false}, Cancel{false}).totals.examples == kExamples);
  }
  cancel = true;
  first.join();
  second.join();
  CHECK(Seats::ofProcess().free() == 1);
  Seats::ofProcess().setCount(8);
}

} // namespace

int main() {
  Seats::ofProcess().setCount(8); // on any machine
  startsAsTheReference();
  sameBitsForAnyNumberOfThreads();
  noStepAllocates();
  stoppedTrainingsGoOn();
  whatDivergesIsNamed();
  memoryIsCountedAndGivenBack();
  everyAllocationMayFail();
  longSettlesLetOthersIn();
  jobsTakeTurnsAndStop();
  return test::finish();
}
