// Networks of all kinds that settle: any start, nudge, clamp, weights, units that are held, numbers that are not ordinary.
#include "fuzz/networks.h"
#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Choices choices(bytes, size);
  const auto plan = fuzz::planOf(choices);
  const eqprop::Network& network = plan->network();
  const eqprop::Cancel cancel{choices.oneIn(20)};
  for (std::size_t calls = choices.between(1, 2); calls > 0; --calls) {
    const auto batch = fuzz::batchOf(choices, *plan, 1);
    eqprop::Phase phase = fuzz::programOf(choices, network).phases.back();
    phase.from = eqprop::Phase::kStart;
    try {
      plan->settle(*batch, phase, cancel, fuzz::startOf(choices, network, false));
      fuzz::checkStates(*plan, *batch);
    } catch (const std::runtime_error&) { // cancelled
    }
  }
  return fuzz::finish();
}
