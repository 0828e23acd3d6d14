// What feeds a layer. Works on the rows that it is told, on the calling thread, and on nothing else.
#pragma once

#include <functional>

#include "engine/batch.h"
#include "engine/parameters.h"

namespace eqprop {

// Which of a layer's connections count, by the layer at the other end, which is itself for its lateral weights.
using Feeds = std::function<bool(const Connection& connection, std::size_t other)>;

// The layers that feed a layer, with the weights in that layer's panels.
std::vector<Source> sourcesOf(const Parameters& parameters, const Batch& batch, std::size_t layer, int slot,
                              const Feeds& feeds);
// The free (or the clamped) ones.
std::vector<Source> sourcesOf(const Parameters& parameters, const Batch& batch, std::size_t layer, int slot,
                              bool clamped);

// The constant part of every free layer's input: drive of the clamped layers, whose states do not change through the
// phases of a batch, and bias. Once a batch.
class Drive {
public:
  // Of batches in this memory.
  Drive(const Parameters& parameters, const Batch& batch);

  // All panels of the rows [from, to).
  void run(Batch& batch, std::size_t from, std::size_t to) const;

  // Or by panels, one task each, for the rows of a list.
  struct Task {
    std::size_t part, panel;
  };
  const std::vector<Task>& tasks() const { return tasks_; }
  std::size_t panelsOf(const Task& task) const { return parts_[task.part].panels; }
  void run(Batch& batch, const Rows& rows, const Task& task) const;

private:
  struct Part {
    std::size_t layer, panels;
    std::vector<Source> sources;
  };
  void run(Batch& batch, const Rows& rows, const Part& part, std::size_t fromPanel, std::size_t toPanel) const;

  const Parameters& parameters_;
  std::vector<Part> parts_; // the layers that a clamped one feeds
  std::vector<Task> tasks_;
};

} // namespace eqprop
