// A vector of sixteen floats in four registers of four. Lanes are added in the order of lanes.h.
#pragma once

#include <arm_neon.h>

#include "kernels.h"

namespace {

struct Vector {
    static constexpr int SIZE = 16;
    float32x4_t v[4];
};

constexpr int PANEL = 16;

// The vector whose register i is operation(i).
template <typename Operation> __attribute__((always_inline)) inline Vector each(Operation operation) {
    return { { operation(0), operation(1), operation(2), operation(3) } };
}

inline Vector all(float x) {
    return each([=](int) { return vdupq_n_f32(x); });
}
inline Vector zero() {
    return all(0);
}
inline Vector load(const float * p) {
    return each([=](int i) { return vld1q_f32(p + 4 * i); });
}
inline void store(float * p, Vector x) {
    for (int i = 0; i < 4; i++) {
        vst1q_f32(p + 4 * i, x.v[i]);
    }
}
inline Vector operator+(Vector a, Vector b) {
    return each([&](int i) { return vaddq_f32(a.v[i], b.v[i]); });
}
inline Vector operator-(Vector a, Vector b) {
    return each([&](int i) { return vsubq_f32(a.v[i], b.v[i]); });
}
inline Vector operator*(Vector a, Vector b) {
    return each([&](int i) { return vmulq_f32(a.v[i], b.v[i]); });
}
inline Vector operator/(Vector a, Vector b) {
    return each([&](int i) { return vdivq_f32(a.v[i], b.v[i]); });
}
// a * b + c
inline Vector fma(Vector a, Vector b, Vector c) {
    return each([&](int i) { return vfmaq_f32(c.v[i], a.v[i], b.v[i]); });
}

// b where a lane is not a number, like the maximum of x86.
inline float32x4_t max(float32x4_t a, float32x4_t b) {
    return vbslq_f32(vcgtq_f32(a, b), a, b);
}
inline Vector max(Vector a, Vector b) {
    return each([&](int i) { return max(a.v[i], b.v[i]); });
}

inline float sum(Vector a) {
    float32x4_t x = vaddq_f32(vaddq_f32(a.v[0], a.v[2]), vaddq_f32(a.v[1], a.v[3]));
    x = vaddq_f32(x, vextq_f32(x, x, 2));
    return vgetq_lane_f32(x, 0) + vgetq_lane_f32(x, 1);
}
inline float largest(Vector a) {
    float32x4_t x = max(max(a.v[0], a.v[2]), max(a.v[1], a.v[3]));
    x = max(x, vextq_f32(x, x, 2));
    return vgetq_lane_f32(x, 0) > vgetq_lane_f32(x, 1) ? vgetq_lane_f32(x, 0) : vgetq_lane_f32(x, 1);
}

// The first n lanes of a, the remaining lanes of b.
inline Vector first(int n, Vector a, Vector b) {
    const int32_t indices[4] = { 0, 1, 2, 3 };
    return each([&](int i) {
        return vbslq_f32(vcltq_s32(vld1q_s32(indices), vdupq_n_s32(n - 4 * i)), a.v[i], b.v[i]);
    });
}
inline Vector load_first(int n, const float * p) {
    if (n >= Vector::SIZE) {
        return load(p);
    }
    float values[Vector::SIZE] = {};
    for (int i = 0; i < n; i++) {
        values[i] = p[i];
    }
    return load(values);
}
inline void store_first(int n, float * p, Vector x) {
    if (n >= Vector::SIZE) {
        return store(p, x);
    }
    float values[Vector::SIZE];
    store(values, x);
    for (int i = 0; i < n; i++) {
        p[i] = values[i];
    }
}

// fraction * 2^whole for whole numbers within the exponent range of normal floats.
inline Vector scale_by_power(Vector fraction, Vector whole) {
    return each([&](int i) {
        const int32x4_t exponent = vshlq_n_s32(vcvtnq_s32_f32(whole.v[i]), 23);
        return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(fraction.v[i]), exponent));
    });
}
inline Vector nearest(Vector x) {
    return each([&](int i) { return vrndnq_f32(x.v[i]); });
}

inline Vector absolute(Vector x) {
    return each([&](int i) { return vabsq_f32(x.v[i]); });
}
// The larger of values that are not negative. Compared as integers, those that are not finite are the largest.
inline Vector larger(Vector a, Vector b) {
    return each([&](int i) {
        return vreinterpretq_f32_s32(vmaxq_s32(vreinterpretq_s32_f32(a.v[i]), vreinterpretq_s32_f32(b.v[i])));
    });
}
inline float larger_of_lanes(Vector a) {
    const Vector halves = larger(a, { { a.v[2], a.v[3], a.v[0], a.v[1] } });
    const int32_t most = vmaxvq_s32(
        vmaxq_s32(vreinterpretq_s32_f32(halves.v[0]), vreinterpretq_s32_f32(halves.v[1])));
    return vgetq_lane_f32(vreinterpretq_f32_s32(vdupq_n_s32(most)), 0);
}

inline int16x8_t int16_of(float32x4_t low, float32x4_t high) {
    return vcombine_s16(vqmovn_s32(vcvtnq_s32_f32(low)), vqmovn_s32(vcvtnq_s32_f32(high)));
}
inline void store_int16(int16_t * p, Vector x) {
    vst1q_s16(p, int16_of(x.v[0], x.v[1]));
    vst1q_s16(p + 8, int16_of(x.v[2], x.v[3]));
}
// a[0], b[0], a[1], b[1] ...
inline void store_int16_pairs(int16_t * p, Vector a, Vector b) {
    vst2q_s16(p, { { int16_of(a.v[0], a.v[1]), int16_of(b.v[0], b.v[1]) } });
    vst2q_s16(p + 16, { { int16_of(a.v[2], a.v[3]), int16_of(b.v[2], b.v[3]) } });
}

// Unnormalised Hadamard transform of the lanes.
inline Vector rotate_lanes(Vector x) {
    const float32x4_t signs_of_1 = { 1, -1, 1, -1 };
    const float32x4_t signs_of_2 = { 1, 1, -1, -1 };
    x = each([&](int i) { return vfmaq_f32(vrev64q_f32(x.v[i]), x.v[i], signs_of_1); });
    x = each([&](int i) { return vfmaq_f32(vextq_f32(x.v[i], x.v[i], 2), x.v[i], signs_of_2); });
    x = { { vaddq_f32(x.v[0], x.v[1]), vsubq_f32(x.v[0], x.v[1]), vaddq_f32(x.v[2], x.v[3]), vsubq_f32(x.v[2], x.v[3]) } };
    return { { vaddq_f32(x.v[0], x.v[2]), vaddq_f32(x.v[1], x.v[3]), vsubq_f32(x.v[0], x.v[2]), vsubq_f32(x.v[1], x.v[3]) } };
}

// SDOT requires signed activations: without INT8_BIAS.
constexpr bool IS_INT8_BIASED = false;

// Of values in [0, 255].
inline void store_int8(uint8_t * p, Vector x) {
    const int8x8_t low = vmovn_s16(int16_of(x.v[0], x.v[1]));
    const int8x8_t high = vmovn_s16(int16_of(x.v[2], x.v[3]));
    vst1q_u8(p, veorq_u8(vreinterpretq_u8_s8(vcombine_s8(low, high)), vdupq_n_u8(embark::INT8_BIAS)));
}

inline Vector load_int8(const int8_t * p) {
    const int8x16_t x = vld1q_s8(p);
    const int16x8_t low = vmovl_s8(vget_low_s8(x));
    const int16x8_t high = vmovl_s8(vget_high_s8(x));
    return { { vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
               vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(high))) } };
}

// In F32, F16 or BF16.
template <embark::Value VALUE> inline Vector load_weights(const void * p) {
    if constexpr (VALUE == embark::Value::F32) {
        return load(static_cast<const float *>(p));
    } else if constexpr (VALUE == embark::Value::F16) {
        const float16_t * halves = static_cast<const float16_t *>(p);
        return each([=](int i) { return vcvt_f32_f16(vld1_f16(halves + 4 * i)); });
    } else {
        const uint16_t * halves = static_cast<const uint16_t *>(p);
        return each([=](int i) { return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(halves + 4 * i), 16)); });
    }
}

} // namespace
