// Gradients by programs of all forms.
#include "engine/errors.h"
#include "fuzz/networks.h"
#include "fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Choices choices(bytes, size);
  const auto plan = fuzz::planOf(choices);
  const eqprop::Network& network = plan->network();
  const eqprop::Cancel never{false};
  const eqprop::Program program = fuzz::programOf(choices, network);
  const auto batch = fuzz::batchOf(choices, *plan, program.phases.size());
  try {
    const auto gradient = plan->gradient(*batch, program, never, fuzz::startOf(choices, network, false));
    CHECK(gradient.size() == network.parameters.size());
    for (std::size_t p = 0; p < gradient.size(); ++p) CHECK(gradient[p].size() == network.parameters[p].count());
  } catch (const eqprop::Diverged&) { // of numbers that are not ordinary
  }
  return fuzz::finish();
}
