#include "kernels/table.h"
#include "kernels/target.h"

#if defined(EQ_ARM64)
#include <arm_neon.h>

namespace eqprop {
namespace {
#include "kernels/vec_neon.h"

#include "kernels/body.h"

#include "kernels/pairs_emulated.h"

#include "kernels/narrow.h"
} // namespace

extern const Kernels neonKernels;
const Kernels neonKernels = {"neon",
                             kLanes,
                             kPanelWidth,
                             affine,
                             step,
                             energy,
                             outer,
                             markRow,
                             activateRow,
                             softmaxRow,
                             peak,
                             pack,
                             {"emulated", narrowStep<false>, narrowStep<true>}};
} // namespace eqprop

#endif
