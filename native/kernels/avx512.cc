#include "kernels/table.h"
#include "kernels/target.h"

#if defined(EQ_X86_64)
#include <immintrin.h>

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own header reads an undefined register on purpose and is warned about where it is inlined (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

EQ_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")

namespace eqprop {
namespace {
#include "kernels/vec_avx512.h"

#include "kernels/body.h"
} // namespace

extern const Kernels avx512Kernels;
const Kernels avx512Kernels = {"avx512", kLanes,  kPanelWidth, affine,     step, energy,
                               outer,    markRow, activateRow, softmaxRow, peak};
} // namespace eqprop

EQ_TARGET_END

#endif
