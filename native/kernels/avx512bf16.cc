#include "kernels/table.h"
#include "kernels/target.h"

#if defined(EQ_X86_64)
#include <immintrin.h>

EQ_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c")

namespace eqprop {
namespace {
#include "kernels/vec_avx512.h"

#include "kernels/pairs_avx512bf16.h"

#include "kernels/narrow.h"
} // namespace

extern const NarrowKernels avx512Bf16;
const NarrowKernels avx512Bf16 = {"avx512_bf16", narrowStep<false>, narrowStep<true>};
} // namespace eqprop

EQ_TARGET_END

#endif
