// Pairs of bf16 where no instruction knows them, as two float32 each, which is exact. Included after a vec_*.h.
#pragma once

#include "kernels/bf16.h"

struct vecPairs {
  vec first, second;
};

inline vecPairs loadPairs(const std::uint32_t* words) { return {lowerHalves(words), upperHalves(words)}; }
inline vecPairs broadcastPair(std::uint32_t word) {
  return {broadcast(floatOf(word << 16)), broadcast(floatOf(word & 0xffff0000u))};
}
// sum + a·b, over both numbers of a pair.
inline vec dot(vec sum, const vecPairs& a, const vecPairs& b) {
  return fmadd(a.first, b.first, fmadd(a.second, b.second, sum));
}

// Words of the `count` numbers of a row.
template <bool split>
inline void narrowRow(const float* row, std::size_t count, std::uint32_t* high, std::uint32_t* low) {
  for (std::size_t i = 0; i < count / 2; ++i) narrowPair<split>(row[2 * i], row[2 * i + 1], high + i, low + i);
  if (count % 2) narrowPair<split>(row[count - 1], 0, high + count / 2, low + count / 2);
}
