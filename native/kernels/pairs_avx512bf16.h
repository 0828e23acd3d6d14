// Pairs of bf16 by AVX512-BF16. Included after vec_avx512.h.
#pragma once

using vecPairs = __m512bh;

inline vecPairs loadPairs(const std::uint32_t* words) { return (__m512bh)_mm512_loadu_si512(words); }
inline vecPairs broadcastPair(std::uint32_t word) { return (__m512bh)_mm512_set1_epi32(static_cast<int>(word)); }
// sum + a·b, over both numbers of a pair.
inline vec dot(vec sum, vecPairs a, vecPairs b) { return _mm512_dpbf16_ps(sum, a, b); }

// The numbers of words, in their order: each half of a word moves to the upper half of a word of its own.
inline vec wordsAsFloats(__m256i words) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(words), 16));
}

// Words of the `count` numbers of a row.
template <bool split>
inline void narrowRow(const float* row, std::size_t count, std::uint32_t* high, std::uint32_t* low) {
  for (std::size_t i = 0; i < count; i += 16, high += 8, low += 8) {
    const __mmask16 those = static_cast<__mmask16>(count - i < 16 ? (1u << (count - i)) - 1 : 0xffff);
    const vec x = _mm512_maskz_loadu_ps(those, row + i);
    const __m256i rounded = (__m256i)_mm512_cvtneps_pbh(x);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(high), rounded);
    if (!split) continue;
    const __m256i rest = (__m256i)_mm512_cvtneps_pbh(sub(x, wordsAsFloats(rounded)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(low), rest);
  }
}
