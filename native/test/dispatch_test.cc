// Which tables run here, and by which names they are found.
#include <cstring>

#include "check.h"
#include "kernels/dispatch.h"

int main() {
  const auto& available = eqprop::availableKernels();
  CHECK(!available.empty());
  CHECK(std::strcmp(available.back()->name, "baseline") == 0);
  for (const eqprop::Kernels* kernels : available) {
    CHECK(eqprop::findKernels(kernels->name) == kernels);
    CHECK(kernels->panelWidth % kernels->lanes == 0);
  }
  CHECK(eqprop::findKernels("mmx") == nullptr);
  CHECK(eqprop::findKernels("") == nullptr);
  return test::finish();
}
