// Eight floats in a register. Included inside the region of avx2.cc, in its anonymous namespace.

constexpr int kLanes = 8;
constexpr int kPanelVectors = 2; // with kTileRows, 12 of 16 registers accumulate
constexpr int kTileRows = 6;
using vec = __m256;

inline vec load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, vec a) { _mm256_storeu_ps(p, a); }
inline vec broadcast(float a) { return _mm256_set1_ps(a); }
inline vec add(vec a, vec b) { return _mm256_add_ps(a, b); }
inline vec sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
inline vec mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
inline vec div(vec a, vec b) { return _mm256_div_ps(a, b); }
inline vec fmadd(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
inline vec absolute(vec a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
// The operand order keeps a NaN in b: the x86 instructions return their second operand where one is NaN.
inline vec lower(vec a, vec b) { return _mm256_min_ps(a, b); }
inline vec higher(vec a, vec b) { return _mm256_max_ps(a, b); }
// The larger of numbers from 0 up, and of their lanes: as whole numbers their bits are ordered alike, NaN above all.
inline vec larger(vec a, vec b) {
  return _mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b)));
}
inline float largestLane(vec a) {
  const __m256i all = _mm256_castps_si256(a);
  __m128i high = _mm_max_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
  high = _mm_max_epi32(high, _mm_shuffle_epi32(high, _MM_SHUFFLE(1, 0, 3, 2)));
  high = _mm_max_epi32(high, _mm_shuffle_epi32(high, _MM_SHUFFLE(2, 3, 0, 1)));
  return _mm_cvtss_f32(_mm_castsi128_ps(high));
}
// a where all bits are ones, 0 where none is, whatever a is there.
inline vec masked(vec a, const std::uint32_t* bits) {
  return _mm256_and_ps(a, _mm256_castsi256_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bits))));
}
inline vec nearest(vec a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// 2^n of whole numbers n in [−126, 127].
inline vec powerOfTwo(vec n) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
// The numbers in bf16 of each word's lower and upper half.
inline vec lowerHalves(const std::uint32_t* p) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), 16));
}
inline vec upperHalves(const std::uint32_t* p) {
  const __m256i words = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return _mm256_castsi256_ps(_mm256_and_si256(words, _mm256_set1_epi32(-0x10000)));
}
