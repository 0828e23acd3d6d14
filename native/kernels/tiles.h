// Steps in bf16 by the tile registers of AMX, against an interface of which there are two: tiles_amx.h, and a model of the
// registers in the C++ tests. Included after vec_avx512.h and a pairs_*.h.
//
// A tile holds up to 16 rows of 16 words. Of activities a row is an example and a word a pair of source units; of weights a
// row is a pair and a word a unit; of sums a row is an example and a word a unit. A block of sums is two such tiles high and
// two wide, so that each tile that is loaded serves two products.
#pragma once

#include "kernels/narrow.h"

constexpr std::size_t kTileSide = 16;
static_assert(kLanes == kTileSide, "a row of sums is a register");

// What ldtilecfg reads: of each tile its rows and how many bytes there are in one.
struct alignas(64) TileShapes {
  std::uint8_t palette = 1, startRow = 0, reserved[14] = {};
  std::uint16_t rowBytes[16] = {};
  std::uint8_t rows[16] = {};
};

// Tile registers: four of sums, the upper two first, two of activities, two of weights. The lower ones, where a block is not
// so high, are given a shape but not used.
inline TileShapes shapesOf(std::size_t upper, std::size_t lower) {
  TileShapes shapes;
  for (int t = 0; t < 8; ++t) {
    const bool isUpper = t == 0 || t == 1 || t == 4, isLower = t == 2 || t == 3 || t == 5;
    shapes.rowBytes[t] = kTileSide * sizeof(float);
    shapes.rows[t] = static_cast<std::uint8_t>(isUpper ? upper : isLower && lower ? lower : kTileSide);
  }
  return shapes;
}

// Adds the products of 16 pairs of source units to a block of R × C tiles of sums.
template <class Tiles, int R, int C>
inline void addTiles(const std::uint32_t* a, std::size_t stride, const std::uint32_t* weights) {
  Tiles::template load<4>(a, stride);
  if (R == 2) Tiles::template load<5>(a + kTileSide * stride, stride);
  Tiles::template load<6>(weights, kPanelWidth);
  if (C == 2) Tiles::template load<7>(weights + kTileSide, kPanelWidth);
  Tiles::template multiply<0, 4, 6>();
  if (C == 2) Tiles::template multiply<1, 4, 7>();
  if (R == 2) Tiles::template multiply<2, 5, 6>();
  if (R == 2 && C == 2) Tiles::template multiply<3, 5, 7>();
}

template <class Tiles, bool split> struct TileProducts {
  const StepArgs& args;

  template <class Finish> void visit(const Finish& finish) const {
    const Input& in = args.input;
    std::size_t shaped = 0; // rows of the block that the registers have their shapes for
    for (std::size_t panel = in.fromPanel; panel < in.toPanel && panel * kPanelWidth < in.size; ++panel) {
      for (std::size_t from = 0; from < in.rows.count; from += 2 * kTileSide) {
        const std::size_t left = in.rows.count - from, rows = left < 2 * kTileSide ? left : 2 * kTileSide;
        if (rows != shaped) {
          Tiles::configure(rows < kTileSide ? shapesOf(rows, 0) : shapesOf(kTileSide, rows - kTileSide));
          shaped = rows;
        }
        if (rows > kTileSide) {
          visitRows<2>(panel, from, rows, finish);
        } else {
          visitRows<1>(panel, from, rows, finish);
        }
      }
    }
    Tiles::release();
  }

  template <int R, class Finish>
  void visitRows(std::size_t panel, std::size_t from, std::size_t rows, const Finish& finish) const {
    const std::size_t vectors = vectorsOf(panel, args.input.size);
    for (std::size_t v = 0; v < vectors; v += 2) {
      if (v + 1 < vectors) {
        visitBlock<R, 2>(panel, v * kTileSide, from, rows, finish);
      } else {
        visitBlock<R, 1>(panel, v * kTileSide, from, rows, finish);
      }
    }
  }

  // The block of R × C tiles whose first unit is that of the panel, and whose first example is that of the list.
  template <int R, int C, class Finish>
  void visitBlock(std::size_t panel, std::size_t unit, std::size_t from, std::size_t rows, const Finish& finish) const {
    const Input& in = args.input;
    Tiles::template zero<0>();
    if (C == 2) Tiles::template zero<1>();
    if (R == 2) Tiles::template zero<2>();
    if (R == 2 && C == 2) Tiles::template zero<3>();
    const std::uint32_t* a = args.words + from * args.wordStride;
    for (std::size_t i = 0; i < in.sourceCount; ++i) a += addSource<R, C>(in.sources[i], panel, unit, a);
    alignas(64) float sums[R * kTileSide][C * kTileSide];
    Tiles::template store<0>(sums[0], C * kTileSide);
    if (C == 2) Tiles::template store<1>(sums[0] + kTileSide, C * kTileSide);
    if (R == 2) Tiles::template store<2>(sums[kTileSide], C * kTileSide);
    if (R == 2 && C == 2) Tiles::template store<3>(sums[kTileSide] + kTileSide, C * kTileSide);
    const std::size_t first = panel * kPanelWidth + unit;
    for (std::size_t r = 0; r < rows; ++r) {
      const std::uint32_t example = in.rows.index[from + r];
      const float* base = in.base + example * in.baseStride + first;
      vec sum[C];
      for (int c = 0; c < C; ++c) sum[c] = add(load(base + c * kLanes), load(sums[r] + c * kLanes));
      finish.template row<C>(example, first, sum);
    }
  }

  // Returns how many words of a row the source takes up.
  template <int R, int C>
  std::size_t addSource(const Source& source, std::size_t panel, std::size_t unit, const std::uint32_t* a) const {
    const std::size_t padded = pairsOf(source.count), at = panel * padded * kPanelWidth + unit;
    const std::uint32_t *high = source.pairs.high + at, *low = split ? source.pairs.low + at : nullptr;
    for (std::size_t k = 0; k < padded; k += kTileSide) {
      addTiles<Tiles, R, C>(a + k, args.wordStride, high + k * kPanelWidth);
      if (!split) continue;
      addTiles<Tiles, R, C>(a + k, args.wordStride, low + k * kPanelWidth);
      addTiles<Tiles, R, C>(a + padded + k, args.wordStride, high + k * kPanelWidth);
    }
    return split ? 2 * padded : padded;
  }
};

template <class Tiles, bool split> void tileStep(const StepArgs& args) {
  if (args.input.rows.count == 0) return;
  narrowActivities<split>(args);
  stepBy(args, TileProducts<Tiles, split>{args});
}
