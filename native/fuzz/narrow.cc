// Steps in bf16 and split bf16, of each instruction set that runs here.
#include "fuzz/kernel_calls.h"
#include "fuzz/target.h"
#include "kernels/dispatch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Choices choices(bytes, size);
  fuzz::kernelCalls[2].run(*choices.of(eqprop::availableKernels()), choices);
  return fuzz::finish();
}
