// Calls of kernels that choices describe, on odd sizes, memory that is not aligned and numbers that are not ordinary, held
// against plain loops in double. A failed check prints: see test/check.h.
#pragma once

#include "fuzz/choices.h"
#include "kernels/table.h"

namespace fuzz {

struct KernelCall {
  const char* name;
  void (*run)(const eqprop::Kernels& kernels, Choices& choices);
};

// affine, step, narrow (a step in bf16), energy, outer and rows (mark, activate, softmax, pack).
extern const std::vector<KernelCall> kernelCalls;

} // namespace fuzz
