// Trainings and evaluations of data sets: reading them, persistent states, momentum, parameters and velocities written and
// read back.
#include <cstring>

#include "fuzz/networks.h"
#include "fuzz/target.h"

namespace {

using namespace eqprop;

TrainRequest requestOf(fuzz::Choices& choices, const Plan& plan) {
  const Network& network = plan.network();
  TrainRequest r;
  r.data = fuzz::datasetOf(choices, network);
  for (std::size_t i = choices.below(60); i > 0; --i) {
    r.order.push_back(choices.below(static_cast<unsigned>(r.data->count)));
  }
  r.batchSize = std::min(choices.between(1, 20), std::max<std::size_t>(1, r.order.size()));
  const std::size_t batches = (r.order.size() + r.batchSize - 1) / r.batchSize;
  r.until = choices.oneIn(3) ? r.batchSize * choices.below(static_cast<unsigned>(batches + 1)) : r.order.size();
  r.until = std::min(r.until, r.order.size());
  r.sofar.examples = r.batchSize * choices.below(static_cast<unsigned>(r.until / r.batchSize + 1));
  for (std::size_t i = choices.between(1, 2); i > 0; --i) r.programs.push_back(fuzz::programOf(choices, network));
  for (std::size_t b = 0; b < batches; ++b) {
    r.choice.push_back(choices.below(static_cast<unsigned>(r.programs.size())));
  }
  for (std::size_t p = 0; p < network.parameters.size(); ++p) r.rates.push_back(choices.of<float>({0.1f, 0, 1, 1e30f}));
  r.start = fuzz::startOf(choices, network, true);
  r.nesterov = choices.flip();
  if (choices.flip()) {
    r.momentum = choices.of<float>({0.9f, 0.5f});
    r.velocity = plan.makeVelocity();
    if (choices.flip()) plan.writeVelocity(*r.velocity, fuzz::valuesOf(choices, network, true));
  }
  return r;
}

bool sameBits(const Buffer<float>& a, const Buffer<float>& b) {
  return a.size() == b.size() && (a.size() == 0 || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

// What is written is what is read.
void writesAndReads(fuzz::Choices& choices, Plan& plan) {
  const std::vector<Buffer<float>> before = plan.readParameters();
  const std::vector<Buffer<float>> given = fuzz::valuesOf(choices, plan.network(), false);
  plan.writeParameters(given);
  const std::vector<Buffer<float>> after = plan.readParameters();
  for (std::size_t p = 0; p < after.size(); ++p) CHECK(sameBits(after[p], given[p].size() ? given[p] : before[p]));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Choices choices(bytes, size);
  const auto plan = fuzz::planOf(choices);
  writesAndReads(choices, *plan);
  const TrainRequest request = requestOf(choices, *plan);
  const Cancel cancel{choices.oneIn(20)};
  try {
    const Totals totals = plan->train(request, cancel, [](const Totals&) {});
    CHECK(totals.examples <= request.until);
  } catch (const std::runtime_error&) { // diverged
  }
  if (request.velocity) plan->readVelocity(*request.velocity);
  writesAndReads(choices, *plan);
  EvaluateRequest evaluation{request.data, fuzz::dynamicsOf(choices, plan->network()),
                             fuzz::startOf(choices, plan->network(), false), choices.flip()};
  try {
    const Evaluation end = plan->evaluate(evaluation, cancel);
    CHECK(end.totals.examples == request.data->count && end.totals.wrong <= request.data->count);
  } catch (const std::runtime_error&) { // cancelled
  }
  return fuzz::finish();
}
