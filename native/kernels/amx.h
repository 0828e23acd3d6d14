// Steps in bf16 by AMX.
#pragma once

#include "kernels/table.h"

namespace eqprop {

// Null where this program was built without.
const NarrowKernels* amxKernels();

// Asks the operating system to save the tile registers of this process's threads, without which they must not be used.
bool requestTiles();

} // namespace eqprop
