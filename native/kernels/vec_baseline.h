// Four floats: SSE2, which every x86-64 processor has, or plain C++ elsewhere. Included in the anonymous namespace
// of baseline.cc.

constexpr int kLanes = 4;
constexpr int kPanelVectors = 2; // with kTileRows, 12 of 16 registers accumulate
constexpr int kTileRows = 6;

#if defined(EQ_X86_64)
using vec = __m128;

inline vec load(const float* p) { return _mm_loadu_ps(p); }
inline void store(float* p, vec a) { _mm_storeu_ps(p, a); }
inline vec broadcast(float a) { return _mm_set1_ps(a); }
inline vec add(vec a, vec b) { return _mm_add_ps(a, b); }
inline vec sub(vec a, vec b) { return _mm_sub_ps(a, b); }
inline vec mul(vec a, vec b) { return _mm_mul_ps(a, b); }
inline vec div(vec a, vec b) { return _mm_div_ps(a, b); }
inline vec fmadd(vec a, vec b, vec c) { return _mm_add_ps(_mm_mul_ps(a, b), c); }
inline vec absolute(vec a) { return _mm_andnot_ps(_mm_set1_ps(-0.0f), a); }
// The operand order keeps a NaN in b: the x86 instructions return their second operand where one is NaN.
inline vec lower(vec a, vec b) { return _mm_min_ps(a, b); }
inline vec higher(vec a, vec b) { return _mm_max_ps(a, b); }
// The larger of numbers from 0 up, and of their lanes: as whole numbers their bits are ordered alike, NaN above all.
inline vec larger(vec a, vec b) {
  const __m128i x = _mm_castps_si128(a), y = _mm_castps_si128(b), first = _mm_cmpgt_epi32(x, y);
  return _mm_castsi128_ps(_mm_or_si128(_mm_and_si128(first, x), _mm_andnot_si128(first, y)));
}
inline float largestLane(vec a) {
  a = larger(a, _mm_shuffle_ps(a, a, _MM_SHUFFLE(1, 0, 3, 2)));
  return _mm_cvtss_f32(larger(a, _mm_shuffle_ps(a, a, _MM_SHUFFLE(2, 3, 0, 1))));
}
// a where all bits are ones, 0 where none is, whatever a is there.
inline vec masked(vec a, const std::uint32_t* bits) {
  return _mm_and_ps(a, _mm_castsi128_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bits))));
}
inline vec nearest(vec a) { return _mm_cvtepi32_ps(_mm_cvtps_epi32(a)); }
// 2^n of whole numbers n in [−126, 127].
inline vec powerOfTwo(vec n) {
  return _mm_castsi128_ps(_mm_slli_epi32(_mm_add_epi32(_mm_cvtps_epi32(n), _mm_set1_epi32(127)), 23));
}
// The numbers in bf16 of each word's lower and upper half.
inline vec lowerHalves(const std::uint32_t* p) {
  return _mm_castsi128_ps(_mm_slli_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), 16));
}
inline vec upperHalves(const std::uint32_t* p) {
  const __m128i words = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return _mm_castsi128_ps(_mm_and_si128(words, _mm_set1_epi32(-0x10000)));
}
#else
#include "kernels/bf16.h"

struct vec {
  float lane[kLanes];
};

template <class F> inline vec each(F f) {
  vec r;
  for (int i = 0; i < kLanes; ++i) r.lane[i] = f(i);
  return r;
}
inline vec load(const float* p) {
  return each([&](int i) { return p[i]; });
}
inline void store(float* p, vec a) {
  for (int i = 0; i < kLanes; ++i) p[i] = a.lane[i];
}
inline vec broadcast(float a) {
  return each([&](int) { return a; });
}
inline vec add(vec a, vec b) {
  return each([&](int i) { return a.lane[i] + b.lane[i]; });
}
inline vec sub(vec a, vec b) {
  return each([&](int i) { return a.lane[i] - b.lane[i]; });
}
inline vec mul(vec a, vec b) {
  return each([&](int i) { return a.lane[i] * b.lane[i]; });
}
inline vec div(vec a, vec b) {
  return each([&](int i) { return a.lane[i] / b.lane[i]; });
}
inline vec fmadd(vec a, vec b, vec c) {
  return each([&](int i) { return a.lane[i] * b.lane[i] + c.lane[i]; });
}
inline vec absolute(vec a) {
  return each([&](int i) { return a.lane[i] < 0 ? -a.lane[i] : a.lane[i]; });
}
inline vec lower(vec a, vec b) { // a NaN in b stays NaN
  return each([&](int i) { return a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline vec higher(vec a, vec b) {
  return each([&](int i) { return a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline vec larger(vec a, vec b) { // a NaN in either stays NaN
  return each([&](int i) { return a.lane[i] > b.lane[i] || a.lane[i] != a.lane[i] ? a.lane[i] : b.lane[i]; });
}
inline float largestLane(vec a) {
  for (int i = 1; i < kLanes; ++i) {
    if (a.lane[i] > a.lane[0] || a.lane[i] != a.lane[i]) a.lane[0] = a.lane[i];
  }
  return a.lane[0];
}
inline vec masked(vec a, const std::uint32_t* bits) {
  return each([&](int i) { return bits[i] ? a.lane[i] : 0; });
}
inline vec nearest(vec a) {
  return each([&](int i) { return static_cast<float>(static_cast<int>(a.lane[i] + (a.lane[i] < 0 ? -0.5f : 0.5f))); });
}
// 2^n of whole numbers n in [−126, 127].
inline vec powerOfTwo(vec n) {
  return each([&](int i) {
    float r = 1;
    for (int k = static_cast<int>(n.lane[i]); k > 0; --k) r *= 2;
    for (int k = static_cast<int>(n.lane[i]); k < 0; ++k) r *= 0.5f;
    return r;
  });
}
// The numbers in bf16 of each word's lower and upper half.
inline vec lowerHalves(const std::uint32_t* p) {
  return each([&](int i) { return floatOf(p[i] << 16); });
}
inline vec upperHalves(const std::uint32_t* p) {
  return each([&](int i) { return floatOf(p[i] & 0xffff0000u); });
}
#endif
