// An energy compiled for one instruction set: packed parameters and a team of threads, and what can be asked of
// them. Every operation runs on a thread of ours, never on JavaScript's, and may be called from several at once:
// each takes its turn, with as many seats of the process as it may have.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "engine/contrast.h"
#include "engine/dataset.h"
#include "engine/deal.h"
#include "engine/drive.h"
#include "engine/energy.h"
#include "engine/feed_forward.h"
#include "engine/parameters.h"
#include "engine/seats.h"
#include "engine/settle.h"
#include "engine/team.h"

namespace eqprop {

// What momentum remembers, by parameter, in panels. It lives as long as the training that made it.
using Velocity = std::vector<Buffer<float>>;

// Sums over the examples seen, at the end of the free phase.
struct Totals {
  std::size_t examples = 0;
  std::size_t wrong = 0;
  double energy = 0;
  double cost = 0;
};

struct TrainRequest {
  std::shared_ptr<Dataset> data;
  List<std::uint32_t> order; // examples, in the order of their visits
  Totals sofar;              // of the first batches, which are not visited again
  std::size_t until = 0;     // how many examples to have seen in the end: whole batches, or all
  std::size_t batchSize = 0;
  std::vector<Program> programs;
  List<std::uint32_t> choice; // by batch: which program
  std::vector<float> rates;   // by parameter
  Start start = Start::zero;
  float momentum = 0;
  bool nesterov = false;
  std::shared_ptr<Velocity> velocity; // where there is momentum
};

struct EvaluateRequest {
  std::shared_ptr<Dataset> data;
  Dynamics dynamics;
  Start start = Start::zero; // not persistent
  bool outputs = false;      // whether to return the read-out
};

struct Evaluation {
  Totals totals;
  Buffer<float> outputs; // [example][target], what is read out
};

class Plan {
public:
  Plan(Network network, const Kernels& kernels, Precision precision, std::size_t threads);

  const Network& network() const { return network_; }
  const Kernels& kernels() const { return kernels_; }
  std::size_t heldBytes() const { return parameters_.heldBytes(); }

  // All parameters, row-major, as they are between two updates. Waits for no more than an update.
  std::vector<Buffer<float>> readParameters();
  // Writes those that are not empty, all between the same two updates. Waits for a turn.
  void writeParameters(const std::vector<Buffer<float>>& values);

  std::unique_ptr<Batch> makeBatch(std::size_t capacity, std::size_t phases) const;

  std::shared_ptr<Velocity> makeVelocity() const;
  bool owns(const Velocity& velocity) const; // whether it is of this size
  // Row-major, as parameters are.
  std::vector<Buffer<float>> readVelocity(const Velocity& velocity) const;
  void writeVelocity(Velocity& velocity, const std::vector<Buffer<float>>& values) const;

  // Settles the examples of a batch whose clamped states, target and start are set; energies and costs at its end. A large
  // batch takes several turns.
  void settle(Batch& batch, const Phase& phase, const Cancel& cancel, Start start = Start::zero);

  // The mean gradient over a batch whose input and target are set, by parameter, row-major.
  std::vector<Buffer<float>> gradient(Batch& batch, const Program& program, const Cancel& cancel,
                                      Start start = Start::zero);

  // One pass over request.order: settle, contrast, update, batch by batch. Calls progress after every batch. Cancelled, it
  // returns early: what the totals count has been learned from, and nothing else has left a trace.
  Totals train(const TrainRequest& request, const Cancel& cancel, const std::function<void(const Totals&)>& progress);

  Evaluation evaluate(const EvaluateRequest& request, const Cancel& cancel);

private:
  class Call;
  class Turn;

  void train(const TrainRequest& request, const Cancel& cancel, const std::function<void(const Totals&)>& progress,
             Totals& totals);
  // Runs work(from, to) for each thread's share of the rows [first, last).
  template <class Work> void overRows(const Turn& turn, std::size_t first, std::size_t last, const Work& work);
  // Runs work(item, its number) for each item.
  template <class Work> void overItems(const Turn& turn, const Work& work);
  // Readies rows whose input, target and start are set: activities, and what is zero.
  void activate(Batch& batch, std::size_t from, std::size_t to);
  // At the end of the first phase: energy, what is read out, cost.
  void measure(Batch& batch, const EnergyMeter& meter, std::size_t from, std::size_t to);
  // A phase by itself for batches in this memory, from the drive to what is measured at its end.
  struct OnePhase {
    OnePhase(const Parameters& parameters, const Batch& batch, const Phase& phase, Start start)
        : drive(parameters, batch), feedForward(parameters, batch, start), settling(parameters, batch, phase, 0),
          meter(parameters, batch, 0) {}
    Drive drive;
    FeedForward feedForward;
    Settling settling;
    EnergyMeter meter;
  };
  void run(const OnePhase& one, Batch& batch, std::size_t from, std::size_t to, Turn& turn);
  // ½ λ ‖θ‖² of all parameters.
  double decay(const Turn& turn);
  // An item's share of it.
  void weigh(const Item& item, std::size_t i);
  // Puts right what an update of the panels leaves open: lower halves, sums.
  void finishUpdate(const Turn& turn);
  // A program for batches in this memory.
  struct Course {
    std::vector<Settling> phases;
    Contrast contrast;
  };
  Course compile(const Program& program, const Batch& batch) const;
  // The update of a batch. Throws Diverged if it leaves a number that is not finite.
  void learn(const Turn& turn, const TrainRequest& request, const Batch& batch, const Contrast& contrast,
             std::size_t step);
  void noteOverflow(std::size_t parameter);
  void bindBases(Batch& batch) const;

  const Network network_;
  const Kernels& kernels_;
  const Precision precision_;
  Parameters parameters_;
  const std::vector<Item> items_;
  Deal deal_;                              // of the items
  std::mutex changing_;                    // held, besides the turn, by whoever writes parameters
  std::vector<double> partial_;            // by item: λ ‖θ‖²
  bool decays_ = false;                    // whether any parameter does
  bool weighed_ = false;                   // whether what stands in partial_ is of the parameters as they are
  std::atomic<std::size_t> overflowed_{0}; // the first parameter that is not finite any more, or how many there are
  Team team_;
  Seats turn_{1};                     // a fair lock, taken before seats of the process are
  std::atomic<std::size_t> calls_{0}; // under way
};

} // namespace eqprop
