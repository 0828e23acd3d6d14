// The float32 kernels: affine, step, energy and outer, of each instruction set that runs here.
#include "fuzz/kernel_calls.h"
#include "fuzz/target.h"
#include "kernels/dispatch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Choices choices(bytes, size);
  const eqprop::Kernels* kernels = choices.of(eqprop::availableKernels());
  fuzz::kernelCalls[choices.of<std::size_t>({0, 1, 3, 4})].run(*kernels, choices);
  return fuzz::finish();
}
