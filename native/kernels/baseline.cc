#include "kernels/table.h"
#include "kernels/target.h"

#if defined(EQ_X86_64)
#include <emmintrin.h>
#endif

namespace eqprop {
namespace {
#include "kernels/vec_baseline.h"

#include "kernels/body.h"

#include "kernels/pairs_emulated.h"

#include "kernels/narrow.h"
} // namespace

extern const Kernels baselineKernels;
const Kernels baselineKernels = {"baseline",
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
