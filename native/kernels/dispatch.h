// Which instruction sets this processor and its kernel grant.
#pragma once

#include <string>
#include <vector>

#include "kernels/table.h"

namespace eqprop {

// The tables that run here, the widest first. `baseline` always runs.
const std::vector<const Kernels*>& availableKernels();

// The table of that name, or null where it is unknown or does not run here.
const Kernels* findKernels(const std::string& name);

} // namespace eqprop
