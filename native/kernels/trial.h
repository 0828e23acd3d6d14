// A trial of instructions before anyone relies on them.
#pragma once

#include "kernels/table.h"

namespace eqprop {

// Whether steps in bf16 come out as those that the table has, up to the order of sums: of a layer whose size, sources and
// examples fill tiles and leave some open.
bool comesOutAlike(const Kernels& table, const NarrowKernels& tried);

} // namespace eqprop
