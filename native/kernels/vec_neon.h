// Four floats in a register of Arm's Advanced SIMD. Included in the anonymous namespace of neon.cc.

constexpr int kLanes = 4;
constexpr int kPanelVectors = 4; // with kTileRows, 24 of 32 registers accumulate
constexpr int kTileRows = 6;
using vec = float32x4_t;

inline vec load(const float* p) { return vld1q_f32(p); }
inline void store(float* p, vec a) { vst1q_f32(p, a); }
inline vec broadcast(float a) { return vdupq_n_f32(a); }
inline vec add(vec a, vec b) { return vaddq_f32(a, b); }
inline vec sub(vec a, vec b) { return vsubq_f32(a, b); }
inline vec mul(vec a, vec b) { return vmulq_f32(a, b); }
inline vec div(vec a, vec b) { return vdivq_f32(a, b); }
inline vec fmadd(vec a, vec b, vec c) { return vfmaq_f32(c, a, b); }
inline vec absolute(vec a) { return vabsq_f32(a); }
inline vec lower(vec a, vec b) { return vminq_f32(a, b); } // a NaN stays NaN
inline vec higher(vec a, vec b) { return vmaxq_f32(a, b); }
// The larger of numbers from 0 up, and of their lanes: as whole numbers their bits are ordered alike, NaN above all.
inline vec larger(vec a, vec b) {
  return vreinterpretq_f32_s32(vmaxq_s32(vreinterpretq_s32_f32(a), vreinterpretq_s32_f32(b)));
}
inline float largestLane(vec a) {
  return vgetq_lane_f32(vreinterpretq_f32_s32(vdupq_n_s32(vmaxvq_s32(vreinterpretq_s32_f32(a)))), 0);
}
// a where all bits are ones, 0 where none is, whatever a is there.
inline vec masked(vec a, const std::uint32_t* bits) {
  return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(a), vld1q_u32(bits)));
}
inline vec nearest(vec a) { return vrndnq_f32(a); }
// 2^n of whole numbers n in [−126, 127].
inline vec powerOfTwo(vec n) {
  return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtnq_s32_f32(n), vdupq_n_s32(127)), 23));
}
// The numbers in bf16 of each word's lower and upper half.
inline vec lowerHalves(const std::uint32_t* p) { return vreinterpretq_f32_u32(vshlq_n_u32(vld1q_u32(p), 16)); }
inline vec upperHalves(const std::uint32_t* p) {
  return vreinterpretq_f32_u32(vandq_u32(vld1q_u32(p), vdupq_n_u32(0xffff0000u)));
}
