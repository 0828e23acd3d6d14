// AMX on a model of its tile registers: what this shows right of amx.cc is all but the instructions themselves.
#include "kernels/table.h"
#include "kernels/target.h"

#if defined(EQ_X86_64)
#include <immintrin.h>

#include "tile_registers.h"

EQ_TARGET_BEGIN("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")

namespace eqprop {
namespace {
#include "kernels/vec_avx512.h"

#include "kernels/pairs_emulated.h"

#include "kernels/tiles.h"

struct ModelledTiles {
  static void configure(const TileShapes& shapes) { test::tiles.configure(&shapes); }
  static void release() { test::tiles.release(); }
  template <int tile> static void zero() { test::tiles.zero(tile); }
  template <int tile> static void load(const std::uint32_t* from, std::size_t stride) {
    test::tiles.load(tile, from, stride);
  }
  template <int tile> static void store(float* to, std::size_t stride) { test::tiles.store(tile, to, stride); }
  template <int sums, int a, int b> static void multiply() { test::tiles.multiply(sums, a, b); }
};
} // namespace

extern const NarrowKernels modelledTiles;
const NarrowKernels modelledTiles = {"a model of amx", tileStep<ModelledTiles, false>, tileStep<ModelledTiles, true>};
} // namespace eqprop

EQ_TARGET_END

#endif
