// Steps in bf16, written once: a tile's sums are float32, and their products are those of pairs. Included after a pairs_*.h.
// Nothing of the standard library may be used here: see target.h.
#pragma once

#include "kernels/tile.h"

inline void clearPadding(std::uint32_t* words, std::size_t count, std::size_t padded) {
  for (std::size_t k = count / 2; k < padded; ++k) words[k] = 0;
}

// The activities of all rows in words, source after source, zero where pairs are padded.
template <bool split> inline void narrowActivities(const StepArgs& args) {
  const Rows& rows = args.input.rows;
  for (std::size_t r = 0; r < rows.count; ++r) {
    std::uint32_t* words = args.words + r * args.wordStride;
    for (std::size_t i = 0; i < args.input.sourceCount; ++i) {
      const Source& source = args.input.sources[i];
      const std::size_t padded = pairsOf(source.count), all = split ? 2 * padded : padded;
      clearPadding(words, source.count, padded);
      if (split) clearPadding(words + padded, source.count, padded);
      narrowRow<split>(source.activity + rows.index[r] * source.stride, source.count, words, words + padded);
      words += all;
    }
  }
}

// acc[m][n] += a[m] · weights[n], for one pair of source units.
template <int M, int N>
EQ_INLINE void addPair(vec (&acc)[M][N], const std::uint32_t* a, std::size_t stride, const std::uint32_t* weights) {
  vecPairs w[N];
  EQ_UNROLL
  for (int n = 0; n < N; ++n) w[n] = loadPairs(weights + n * kLanes);
  EQ_UNROLL
  for (int m = 0; m < M; ++m) {
    const vecPairs s = broadcastPair(a[m * stride]);
    EQ_UNROLL
    for (int n = 0; n < N; ++n) acc[m][n] = dot(acc[m][n], s, w[n]);
  }
}

template <bool split> struct NarrowProducts {
  const StepArgs& args;

  template <int M, int N> EQ_INLINE void add(vec (&acc)[M][N], std::size_t panel, const std::uint32_t* rows) const {
    const std::size_t stride = args.wordStride;
    const std::uint32_t* a = args.words + static_cast<std::size_t>(rows - args.input.rows.index) * stride;
    for (std::size_t i = 0; i < args.input.sourceCount; ++i) {
      const Source& source = args.input.sources[i];
      const std::size_t padded = pairsOf(source.count), offset = panel * padded * kPanelWidth;
      const std::uint32_t *high = source.pairs.high + offset, *low = split ? source.pairs.low + offset : nullptr;
      for (std::size_t k = 0; k < (source.count + 1) / 2; ++k) {
        addPair<M, N>(acc, a + k, stride, high + k * kPanelWidth);
        if (!split) continue;
        addPair<M, N>(acc, a + k, stride, low + k * kPanelWidth);
        addPair<M, N>(acc, a + padded + k, stride, high + k * kPanelWidth);
      }
      a += split ? 2 * padded : padded;
    }
  }
  template <class Finish> void visit(const Finish& finish) const { forEachTile(args.input, *this, finish); }
};

template <bool split> void narrowStep(const StepArgs& args) {
  narrowActivities<split>(args);
  stepBy(args, NarrowProducts<split>{args});
}
