// How fast a processor could be: what speeds are held against.
#pragma once

#include "kernels/table.h"

namespace eqprop {

// Operations a second that so many threads do at once in registers alone, for about so long. Uses the calling thread, too.
double measurePeak(const Kernels& kernels, std::size_t threads, double seconds);

} // namespace eqprop
