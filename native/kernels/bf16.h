// Numbers in bf16, which are the upper half of a float32: rounding, and words of two. Included in the anonymous
// namespace of an instruction set's file. Nothing of the standard library may be used here: see target.h.
#pragma once

inline std::uint32_t bitsOf(float x) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline float floatOf(std::uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

// The bits of the nearest number in bf16, of an even one where two are as near; a NaN stays one.
inline std::uint32_t nearestBf16(float x) {
  const std::uint32_t bits = bitsOf(x);
  const std::uint32_t even = bits + 0x7fff + (bits >> 16 & 1), quiet = bits | 0x400000;
  return (x == x ? even : quiet) & 0xffff0000u;
}

inline std::uint32_t wordOf(std::uint32_t first, std::uint32_t second) { return first >> 16 | second; }

// One pair in words: high, and where it is split, low.
template <bool split> inline void narrowPair(float first, float second, std::uint32_t* high, std::uint32_t* low) {
  const std::uint32_t a = nearestBf16(first), b = nearestBf16(second);
  *high = wordOf(a, b);
  if (split) *low = wordOf(nearestBf16(first - floatOf(a)), nearestBf16(second - floatOf(b)));
}
