#include "engine/plan.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/cost.h"
#include "engine/errors.h"
#include "engine/finite.h"

namespace eqprop {

namespace {

const Cancel kNever{false};

// Examples that a thread settles in one turn where no update follows: enough to use each load of weights well, few
// enough for the second-level cache and for others to have a turn soon.
constexpr std::size_t kTurnRows = 64;

void stopIf(const Cancel& cancel) {
  if (cancel.load(std::memory_order_relaxed)) throw Cancelled();
}

// Adds the batch's examples to the totals, in their order.
void addTo(Totals& totals, const Batch& batch) {
  for (std::size_t e = 0; e < batch.examples; ++e) {
    totals.wrong += batch.wrong[e];
    totals.energy += batch.energy[e];
    totals.cost += batch.cost[e];
  }
  totals.examples += batch.examples;
}

// Neighbouring panels of a parameter are one thread's, in the drive as in the update: half of the paper's first weights
// fit into its second-level cache and stay there.
Deal dealItems(const Parameters& parameters, const std::vector<Item>& items, std::size_t threads) {
  std::vector<std::size_t> owner;
  for (const Item& item : items) owner.push_back(ownerOf(item.panel, parameters.panelCount(item.parameter), threads));
  return Deal(owner, threads);
}

Deal dealDrive(const Drive& drive, std::size_t threads) {
  std::vector<std::size_t> owner;
  for (const Drive::Task& task : drive.tasks()) owner.push_back(ownerOf(task.panel, drive.panelsOf(task), threads));
  return Deal(owner, threads);
}

} // namespace

// While calls are under way on a plan it is a guest at the seats of the process, however many they are: they take turns.
class Plan::Call {
public:
  explicit Call(Plan& plan) : plan_(plan) {
    if (plan_.calls_++ == 0) Seats::ofProcess().enter();
  }
  ~Call() {
    if (--plan_.calls_ == 0) Seats::ofProcess().leave();
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

private:
  Plan& plan_;
};

// The plan, and seats for threads of its team, as long as it lives. Throws Cancelled if the job is stopped while it waits.
// Whoever has seats has the plan, and so needs nothing more to come to its end.
class Plan::Turn {
public:
  Turn(Plan& plan, const Cancel& cancel)
      : turn_(plan.turn_, 1, cancel), seats_(Seats::ofProcess(), plan.team_.size(), cancel), plan_(plan) {}

  std::size_t threads() const { return seats_.size(); }
  Lease& seats() { return seats_; }
  // Whether others should have the plan or the seats before the next batch.
  bool isOver() const { return plan_.turn_.awaited() || seats_.isOver(); }

private:
  Lease turn_, seats_;
  const Plan& plan_;
};

Plan::Plan(Network network, const Kernels& kernels, Precision precision, std::size_t threads)
    : network_(std::move(network)), kernels_(kernels), precision_(precision), parameters_(network_, kernels, precision),
      items_(itemsOf(parameters_)), deal_(dealItems(parameters_, items_, threads)), partial_(items_.size()),
      team_(threads) {
  for (const ParameterSpec& p : network_.parameters) decays_ = decays_ || p.decay != 0;
}

std::vector<Buffer<float>> Plan::readParameters() {
  std::vector<Buffer<float>> values;
  for (const ParameterSpec& p : network_.parameters) values.emplace_back(p.count());
  const std::lock_guard<std::mutex> lock(changing_);
  for (std::size_t i = 0; i < values.size(); ++i) parameters_.read(i, values[i].data());
  return values;
}

void Plan::writeParameters(const std::vector<Buffer<float>>& values) {
  Lease turn(turn_, 1, kNever);
  const std::lock_guard<std::mutex> lock(changing_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].size()) parameters_.write(i, values[i].data());
  }
  weighed_ = false;
}

std::unique_ptr<Batch> Plan::makeBatch(std::size_t capacity, std::size_t phases) const {
  auto batch = std::make_unique<Batch>(network_, kernels_, precision_, capacity, phases);
  bindBases(*batch);
  return batch;
}

std::shared_ptr<Velocity> Plan::makeVelocity() const {
  auto velocity = std::make_shared<Velocity>();
  for (std::size_t i = 0; i < network_.parameters.size(); ++i) velocity->emplace_back(parameters_.packedSize(i));
  return velocity;
}

bool Plan::owns(const Velocity& velocity) const {
  if (velocity.size() != network_.parameters.size()) return false;
  for (std::size_t i = 0; i < velocity.size(); ++i) {
    if (velocity[i].size() != parameters_.packedSize(i)) return false;
  }
  return true;
}

std::vector<Buffer<float>> Plan::readVelocity(const Velocity& velocity) const {
  std::vector<Buffer<float>> values;
  for (std::size_t i = 0; i < velocity.size(); ++i) {
    values.emplace_back(network_.parameters[i].count());
    parameters_.unpack(i, velocity[i].data(), values.back().data());
  }
  return values;
}

void Plan::writeVelocity(Velocity& velocity, const std::vector<Buffer<float>>& values) const {
  for (std::size_t i = 0; i < velocity.size(); ++i) parameters_.pack(i, values[i].data(), velocity[i].data());
}

// Layers that no clamped layer feeds read their bias straight from the parameters.
void Plan::bindBases(Batch& batch) const {
  for (std::size_t i = 0; i < network_.layers.size(); ++i) {
    if (batch.driven(i) || network_.layers[i].clamped) continue;
    batch.setBase(i, {const_cast<float*>(parameters_.bias(i)), 0});
  }
}

template <class Work> void Plan::overRows(const Turn& turn, std::size_t first, std::size_t last, const Work& work) {
  const std::size_t threads = turn.threads(), rows = last - first;
  if (rows == 1) return work(first, last); // nothing to share: wake nobody
  team_.run(threads, [&](std::size_t rank) {
    const std::size_t from = first + rank * rows / threads, to = first + (rank + 1) * rows / threads;
    if (from < to) work(from, to);
  });
}

template <class Work> void Plan::overItems(const Turn& turn, const Work& work) {
  deal_.run(team_, turn.threads(), [&](std::size_t i) { work(items_[i], i); });
}

void Plan::activate(Batch& batch, std::size_t from, std::size_t to) {
  batch.activate(0, from, to);
  batch.activate(Batch::kStart, from, to);
  batch.mark(from, to);
  std::fill(batch.lostAt.data() + from, batch.lostAt.data() + to, 0u);
}

void Plan::measure(Batch& batch, const EnergyMeter& meter, std::size_t from, std::size_t to) {
  meter.run(batch, from, to);
  readOut(parameters_, batch, 0, batch.rows(from, to));
  measureCost(batch, 0, batch.rows(from, to));
}

// Summed item by item, so that it does not depend on the threads. An update has left the sums of what it wrote.
double Plan::decay(const Turn& turn) {
  if (!decays_) return 0;
  if (!weighed_) overItems(turn, [&](const Item& item, std::size_t i) { weigh(item, i); });
  weighed_ = true;
  return 0.5 * std::accumulate(partial_.begin(), partial_.end(), 0.0);
}

void Plan::weigh(const Item& item, std::size_t i) {
  const float lambda = network_.parameters[item.parameter].decay;
  if (lambda == 0) return;
  partial_[i] = lambda * parameters_.sumOfSquares(item.parameter, item.panel, item.from, item.to);
}

void Plan::finishUpdate(const Turn& turn) {
  if (parameters_.anySymmetric()) {
    overItems(turn, [&](const Item& item, std::size_t i) {
      if (!network_.parameters[item.parameter].symmetric) return;
      parameters_.mirror(item.parameter, item.panel, item.from, item.to);
      weigh(item, i);
      if (!parameters_.finite(item.parameter, item.panel, item.from, item.to)) noteOverflow(item.parameter);
      parameters_.refresh(item.parameter, item.panel, item.from, item.to);
    });
  }
  parameters_.refreshSums();
}

void Plan::settle(Batch& batch, const Phase& phase, const Cancel& cancel, Start start) {
  const Call call(*this);
  const std::size_t share = kTurnRows * team_.size();
  const OnePhase one(parameters_, batch, phase, start);
  for (std::size_t first = 0; first < batch.examples; first += share) {
    Turn turn(*this, cancel);
    batch.decay = decay(turn);
    overRows(turn, first, std::min(batch.examples, first + share),
             [&](std::size_t from, std::size_t to) { run(one, batch, from, to, turn); });
    stopIf(cancel);
  }
  checkStates(batch);
}

void Plan::run(const OnePhase& one, Batch& batch, std::size_t from, std::size_t to, Turn& turn) {
  activate(batch, from, to);
  one.drive.run(batch, from, to);
  one.feedForward.run(batch, from, to);
  one.settling.run(batch, from, to, turn.seats());
  measure(batch, one.meter, from, to);
}

Plan::Course Plan::compile(const Program& program, const Batch& batch) const {
  std::vector<Settling> phases;
  for (std::size_t p = 0; p < program.phases.size(); ++p) {
    phases.emplace_back(parameters_, batch, program.phases[p], static_cast<int>(p));
  }
  return {std::move(phases), Contrast(program, batch)};
}

std::vector<Buffer<float>> Plan::gradient(Batch& batch, const Program& program, const Cancel& cancel, Start start) {
  const Call call(*this);
  Turn turn(*this, cancel);
  const Course course = compile(program, batch);
  const Drive drive(parameters_, batch);
  const FeedForward feedForward(parameters_, batch, start);
  overRows(turn, 0, batch.examples, [&](std::size_t from, std::size_t to) {
    batch.clearStart(from, to);
    activate(batch, from, to);
    drive.run(batch, from, to);
    feedForward.run(batch, from, to);
    for (const Settling& phase : course.phases) phase.run(batch, from, to, turn.seats());
    readOut(parameters_, batch, 0, batch.rows(from, to)); // the nudged phases have read out other states
    course.contrast.prepare(batch, from, to);
  });
  stopIf(cancel);
  checkStates(batch);

  std::vector<Buffer<float>> packed, gradient;
  for (std::size_t i = 0; i < network_.parameters.size(); ++i) packed.emplace_back(parameters_.packedSize(i));
  Update add;
  add.scale = -1.0f / static_cast<float>(batch.examples);
  overItems(turn, [&](const Item& item, std::size_t) {
    const std::size_t rows = parameters_.rows(item.parameter);
    float* panel = packed[item.parameter].data() + item.panel * rows * kernels_.panelWidth;
    course.contrast.apply(batch, item, add, panel, nullptr);
  });
  for (std::size_t i = 0; i < packed.size(); ++i) {
    const ParameterSpec& p = network_.parameters[i];
    gradient.emplace_back(p.count());
    parameters_.unpack(i, packed[i].data(), gradient[i].data());
    if (p.decay == 0) continue;
    Buffer<float> values(p.count());
    parameters_.read(i, values.data());
    for (std::size_t k = 0; k < p.count(); ++k) gradient[i][k] += p.decay * values[k];
  }
  return gradient;
}

Totals Plan::train(const TrainRequest& request, const Cancel& cancel,
                   const std::function<void(const Totals&)>& progress) {
  Totals totals = request.sofar;
  try {
    train(request, cancel, progress, totals);
  } catch (const Cancelled&) {
  }
  return totals;
}

void Plan::train(const TrainRequest& request, const Cancel& cancel, const std::function<void(const Totals&)>& progress,
                 Totals& totals) {
  const Call call(*this);
  Dataset& data = *request.data;
  std::size_t phases = 0;
  for (const Program& program : request.programs) phases = std::max(phases, program.phases.size());
  const std::unique_ptr<Batch> memory = makeBatch(request.batchSize, phases);
  Batch& batch = *memory;
  if (data.weights.size()) batch.makeWeight();
  std::vector<Course> courses;
  for (const Program& program : request.programs) courses.push_back(compile(program, batch));
  const EnergyMeter meter(parameters_, batch, 0);
  const Drive drive(parameters_, batch);
  const FeedForward feedForward(parameters_, batch, request.start);
  Deal panels = dealDrive(drive, team_.size());
  const bool persistent = request.start == Start::persistent;
  if (persistent) allowPersistence(data, network_);

  std::optional<Turn> turn;
  while (totals.examples < request.until) {
    const std::size_t step = totals.examples / request.batchSize + 1;
    const std::uint32_t* visit = request.order.data() + totals.examples;
    batch.examples = std::min(request.batchSize, request.order.size() - totals.examples);
    const Course& course = courses[request.choice[step - 1]];
    if (turn && turn->isOver()) turn.reset();
    if (!turn) turn.emplace(*this, cancel);
    batch.decay = decay(*turn);
    overRows(*turn, 0, batch.examples, [&](std::size_t from, std::size_t to) {
      for (std::size_t e = from; e < to; ++e) {
        gather(data, visit[e], batch, e);
        if (persistent) recall(data, visit[e], batch, e);
      }
      if (!persistent) batch.clearStart(from, to);
      activate(batch, from, to);
    });
    panels.run(team_, turn->threads(),
               [&](std::size_t i) { drive.run(batch, batch.rows(0, batch.examples), drive.tasks()[i]); });
    overRows(*turn, 0, batch.examples, [&](std::size_t from, std::size_t to) {
      feedForward.run(batch, from, to);
      for (const Settling& phase : course.phases) phase.run(batch, from, to, turn->seats());
      measure(batch, meter, from, to);
      for (std::size_t e = from; e < to; ++e) {
        batch.wrong[e] = data.labels.size() && prediction(batch, 0, e) != data.labels[visit[e]];
      }
      course.contrast.prepare(batch, from, to);
    });
    stopIf(cancel);
    checkStep(batch, step);
    if (persistent) {
      overRows(*turn, 0, batch.examples, [&](std::size_t from, std::size_t to) {
        for (std::size_t e = from; e < to; ++e) keep(data, visit[e], batch, 0, e);
      });
    }
    addTo(totals, batch);
    learn(*turn, request, batch, course.contrast, step);
    progress(totals);
    stopIf(cancel);
  }
}

void Plan::learn(const Turn& turn, const TrainRequest& request, const Batch& batch, const Contrast& contrast,
                 std::size_t step) {
  const std::lock_guard<std::mutex> lock(changing_);
  overflowed_ = network_.parameters.size();
  overItems(turn, [&](const Item& item, std::size_t i) {
    const std::size_t index = item.parameter;
    const std::size_t panel = item.panel * parameters_.rows(index) * kernels_.panelWidth;
    const Update update = {1 / static_cast<float>(batch.examples), request.rates[index],
                           network_.parameters[index].decay, request.momentum, request.nesterov};
    float* velocity = request.velocity ? (*request.velocity)[index].data() + panel : nullptr;
    clearOverflow();
    contrast.apply(batch, item, update, parameters_.panels(index) + panel, velocity);
    const bool suspect = overflowed(); // else finite numbers have become finite ones, and need not be read again
    parameters_.refresh(index, item.panel, item.from, item.to);
    if (network_.parameters[index].symmetric) return; // what counts of it is what is mirrored
    weigh(item, i);
    if (!suspect) return;
    if (!parameters_.finite(index, item.panel, item.from, item.to)) noteOverflow(index);
  });
  finishUpdate(turn);
  if (overflowed_ < network_.parameters.size()) throw Diverged(Diverged::parameter, overflowed_, step);
}

void Plan::noteOverflow(std::size_t parameter) {
  std::size_t first = overflowed_;
  while (parameter < first && !overflowed_.compare_exchange_weak(first, parameter)) {
  }
}

Evaluation Plan::evaluate(const EvaluateRequest& request, const Cancel& cancel) {
  const Call call(*this);
  const Dataset& data = *request.data;
  const std::unique_ptr<Batch> memory = makeBatch(std::min(data.count, kTurnRows * team_.size()), 1);
  Batch& batch = *memory;
  if (data.weights.size()) batch.makeWeight();
  const std::size_t outputs = network_.targetSize();
  Phase phase;
  phase.dynamics = request.dynamics;
  const OnePhase one(parameters_, batch, phase, request.start);

  Evaluation result;
  if (request.outputs) result.outputs = Buffer<float>(data.count * outputs);
  while (result.totals.examples < data.count) {
    const std::size_t first = result.totals.examples;
    batch.examples = std::min(batch.capacity, data.count - first);
    {
      Turn turn(*this, cancel);
      batch.decay = decay(turn);
      overRows(turn, 0, batch.examples, [&](std::size_t from, std::size_t to) {
        for (std::size_t e = from; e < to; ++e) gather(data, first + e, batch, e);
        batch.clearStart(from, to);
        run(one, batch, from, to, turn);
        for (std::size_t e = from; e < to; ++e) {
          batch.wrong[e] = data.labels.size() && prediction(batch, 0, e) != data.labels[first + e];
          if (request.outputs) {
            std::copy_n(answers(batch, 0).row(e), outputs, &result.outputs[(first + e) * outputs]);
          }
        }
      });
    }
    stopIf(cancel);
    checkStates(batch);
    addTo(result.totals, batch);
  }
  return result;
}

} // namespace eqprop
