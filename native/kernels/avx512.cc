#include "kernels/table.h"
#include "kernels/target.h"

#if defined(EQ_X86_64)
#include <immintrin.h>

EQ_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")

namespace eqprop {
namespace {
#include "kernels/vec_avx512.h"

#include "kernels/body.h"

#include "kernels/pairs_emulated.h"

#include "kernels/narrow.h"
} // namespace

extern const Kernels avx512Kernels;
const Kernels avx512Kernels = {"avx512",
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
