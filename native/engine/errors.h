// What the engine throws. The binding turns each into a JavaScript error with the code of the same name.
#pragma once

#include <stdexcept>
#include <string>

namespace eqprop {

// A job was asked to stop before its end.
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("the job was stopped before its end") {}
};

// A number that is not finite appeared during training.
struct Diverged : std::runtime_error {
  Diverged(const std::string& what, std::size_t step_) : std::runtime_error(what), step(step_) {}
  std::size_t step; // the update, counted from 1 within the job
};

} // namespace eqprop
