#include "kernels/amx.h"

#include "kernels/target.h"

// Older compilers do not know the instructions.
#if defined(__clang__)
#define EQ_KNOWS_AMX (__clang_major__ >= 12)
#else
#define EQ_KNOWS_AMX (__GNUC__ >= 11)
#endif

#if defined(EQ_X86_64) && defined(__linux__) && EQ_KNOWS_AMX
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

EQ_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c,amx-tile,amx-bf16")

namespace eqprop {
namespace {
#include "kernels/vec_avx512.h"

#include "kernels/pairs_avx512bf16.h"

#include "kernels/tiles.h"

#include "kernels/tiles_amx.h"

constexpr NarrowKernels kAmx = {"amx", tileStep<AmxTiles, false>, tileStep<AmxTiles, true>};
} // namespace
} // namespace eqprop

EQ_TARGET_END

namespace eqprop {

const NarrowKernels* amxKernels() { return &kAmx; }

bool requestTiles() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

} // namespace eqprop

#else

namespace eqprop {

const NarrowKernels* amxKernels() { return nullptr; }
bool requestTiles() { return false; }

} // namespace eqprop

#endif
