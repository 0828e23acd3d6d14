// Kernels against plain loops in double: `kernels_torture [cases] [seed]`, so many cases in all, as many for each kernel of
// each instruction set that runs here, half of them where denormals are flushed, as on the engine's own threads. Prints
// one JSON object.
#include <random>
#include <thread>

#include "engine/team.h"
#include "fuzz/kernel_calls.h"
#include "kernels/dispatch.h"
#include "test/check.h"

namespace {

using namespace eqprop;

void attack(const Kernels& kernels, const fuzz::KernelCall& call, std::size_t cases, unsigned seed) {
  std::mt19937 numbers(seed);
  std::vector<std::uint8_t> bytes(96);
  for (std::size_t i = 0; i < cases; ++i) {
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(numbers());
    fuzz::Choices choices(bytes.data(), bytes.size());
    const int before = test::failures();
    call.run(kernels, choices);
    if (test::failures() > before) std::printf("  in case %zu of %s on %s\n", i, call.name, kernels.name);
  }
}

} // namespace

int main(int count, char** arguments) {
  const std::size_t wanted = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 20000;
  const unsigned seed = count > 2 ? static_cast<unsigned>(std::strtoul(arguments[2], nullptr, 10)) : 1;
  const std::size_t pairs = availableKernels().size() * fuzz::kernelCalls.size();
  const std::size_t cases = (wanted + pairs - 1) / pairs;
  for (const Kernels* kernels : availableKernels()) {
    for (const fuzz::KernelCall& call : fuzz::kernelCalls) {
      attack(*kernels, call, (cases + 1) / 2, seed);
      std::thread([&] {
        flushDenormals();
        attack(*kernels, call, cases / 2, seed + 1);
      }).join();
    }
  }
  std::printf("{\"cases\":%zu,\"instructionSets\":%zu,\"kernels\":%zu,\"failures\":%d}\n", cases * pairs,
              availableKernels().size(), fuzz::kernelCalls.size(), test::failures());
  return test::finish();
}
