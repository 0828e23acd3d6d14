// Sixteen floats in a register. Included inside the regions of avx512*.cc and amx.cc, in their anonymous namespaces.
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12's own header reads an undefined register on purpose and is warned about where it is inlined (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

constexpr int kLanes = 16;
constexpr int kPanelVectors = 4; // with kTileRows, 24 of 32 registers accumulate
constexpr int kTileRows = 6;
using vec = __m512;

inline vec load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, vec a) { _mm512_storeu_ps(p, a); }
inline vec broadcast(float a) { return _mm512_set1_ps(a); }
inline vec add(vec a, vec b) { return _mm512_add_ps(a, b); }
inline vec sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
inline vec mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
inline vec div(vec a, vec b) { return _mm512_div_ps(a, b); }
inline vec fmadd(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
inline vec absolute(vec a) { return _mm512_abs_ps(a); }
// The operand order keeps a NaN in b: the x86 instructions return their second operand where one is NaN.
inline vec lower(vec a, vec b) { return _mm512_min_ps(a, b); }
inline vec higher(vec a, vec b) { return _mm512_max_ps(a, b); }
// The larger of numbers from 0 up, and of their lanes: as whole numbers their bits are ordered alike, NaN above all.
inline vec larger(vec a, vec b) {
  return _mm512_castsi512_ps(_mm512_max_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b)));
}
inline float largestLane(vec a) {
  const int bits = _mm512_reduce_max_epi32(_mm512_castps_si512(a));
  return _mm_cvtss_f32(_mm_castsi128_ps(_mm_cvtsi32_si128(bits)));
}
// a where all bits are ones, 0 where none is, whatever a is there.
inline vec masked(vec a, const std::uint32_t* bits) {
  return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a), _mm512_loadu_si512(bits)));
}
inline vec nearest(vec a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// 2^n of whole numbers n in [−126, 127].
inline vec powerOfTwo(vec n) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127)), 23));
}
// The numbers in bf16 of each word's lower and upper half.
inline vec lowerHalves(const std::uint32_t* p) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(p), 16));
}
inline vec upperHalves(const std::uint32_t* p) {
  return _mm512_castsi512_ps(_mm512_and_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(-0x10000)));
}
