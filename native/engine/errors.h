// What the engine throws. The binding turns each into a JavaScript error with the code of the same name.
#pragma once

#include <stdexcept>
#include <string>

namespace eqprop {

// A job was asked to stop before its end.
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("the job was stopped before its end") {}
};

// A number that is not finite appeared.
struct Diverged : std::runtime_error {
  enum Where { state, energy, cost, parameter };
  Diverged(Where where_, std::size_t index_, std::size_t step_)
      : std::runtime_error("a number is not finite"), where(where_), index(index_), step(step_) {}
  Where where;
  std::size_t index; // of the layer or the parameter
  std::size_t step;  // of a training: the update, counted from 1 within the job; else the phase's iteration
};

} // namespace eqprop
