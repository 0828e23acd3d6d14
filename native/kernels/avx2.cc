#include "kernels/table.h"
#include "kernels/target.h"

#if defined(EQ_X86_64)
#include <immintrin.h>

EQ_TARGET_BEGIN("avx2,fma,f16c")

namespace eqprop {
namespace {
#include "kernels/vec_avx2.h"

#include "kernels/body.h"

#include "kernels/pairs_emulated.h"

#include "kernels/narrow.h"
} // namespace

extern const Kernels avx2Kernels;
const Kernels avx2Kernels = {"avx2",
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

EQ_TARGET_END

#endif
