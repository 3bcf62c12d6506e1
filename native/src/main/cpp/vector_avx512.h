// A vector of sixteen floats.
#pragma once

#include <immintrin.h>

#include "kernels.h"
#include "lanes.h"

namespace {

struct Vector {
    static constexpr int SIZE = 16;
    __m512 v;
};

constexpr int PANEL = 32;

inline Vector zero() { return { _mm512_setzero_ps() }; }
inline Vector all(float x) { return { _mm512_set1_ps(x) }; }
inline Vector load(const float * p) { return { _mm512_loadu_ps(p) }; }
inline void store(float * p, Vector x) { _mm512_storeu_ps(p, x.v); }
inline Vector operator+(Vector a, Vector b) { return { _mm512_add_ps(a.v, b.v) }; }
inline Vector operator-(Vector a, Vector b) { return { _mm512_sub_ps(a.v, b.v) }; }
inline Vector operator*(Vector a, Vector b) { return { _mm512_mul_ps(a.v, b.v) }; }
inline Vector operator/(Vector a, Vector b) { return { _mm512_div_ps(a.v, b.v) }; }
// a * b + c
inline Vector fma(Vector a, Vector b, Vector c) { return { _mm512_fmadd_ps(a.v, b.v, c.v) }; }
inline Vector max(Vector a, Vector b) { return { _mm512_max_ps(a.v, b.v) }; }
inline __m256 low_half(Vector a) { return _mm512_castps512_ps256(a.v); }
inline __m256 high_half(Vector a) { return _mm512_extractf32x8_ps(a.v, 1); }
inline float sum(Vector a) { return sum_of(_mm256_add_ps(low_half(a), high_half(a))); }
inline float largest(Vector a) { return largest_of(_mm256_max_ps(low_half(a), high_half(a))); }

inline __mmask16 first_lanes(int n) {
    return static_cast<__mmask16>((1u << n) - 1);
}

// The first n lanes of a, the remaining lanes of b.
inline Vector first(int n, Vector a, Vector b) { return { _mm512_mask_blend_ps(first_lanes(n), b.v, a.v) }; }
inline Vector load_first(int n, const float * p) { return { _mm512_maskz_loadu_ps(first_lanes(n), p) }; }
inline void store_first(int n, float * p, Vector x) { _mm512_mask_storeu_ps(p, first_lanes(n), x.v); }

// fraction * 2^whole for whole numbers.
inline Vector scale_by_power(Vector fraction, Vector whole) { return { _mm512_scalef_ps(fraction.v, whole.v) }; }
inline Vector nearest(Vector x) {
    return { _mm512_roundscale_ps(x.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC) };
}

inline Vector absolute(Vector x) { return { _mm512_abs_ps(x.v) }; }
// The larger of values that are not negative. Compared as integers, those that are not finite are the largest.
inline Vector larger(Vector a, Vector b) {
    return { _mm512_castsi512_ps(_mm512_max_epi32(_mm512_castps_si512(a.v), _mm512_castps_si512(b.v))) };
}
inline float larger_of_lanes(Vector a) {
    return larger_of(_mm256_castsi256_ps(
        _mm256_max_epi32(_mm256_castps_si256(low_half(a)), _mm256_castps_si256(high_half(a)))));
}

inline void store_int16(int16_t * p, Vector x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(p), _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(x.v)));
}
// a[0], b[0], a[1], b[1] ...
inline void store_int16_pairs(int16_t * p, Vector a, Vector b) {
    const __m512i low = _mm512_and_si512(_mm512_cvtps_epi32(a.v), _mm512_set1_epi32(0xFFFF));
    _mm512_storeu_si512(p, _mm512_or_si512(low, _mm512_slli_epi32(_mm512_cvtps_epi32(b.v), 16)));
}

// Swaps lanes at a distance of 1, 2, 4 or 8.
template <int DISTANCE> inline __m512 swap_lanes(__m512 x) {
    if constexpr (DISTANCE == 1) {
        return _mm512_permute_ps(x, 0xB1);
    } else if constexpr (DISTANCE == 2) {
        return _mm512_permute_ps(x, 0x4E);
    } else if constexpr (DISTANCE == 4) {
        return _mm512_shuffle_f32x4(x, x, 0xB1);
    } else {
        return _mm512_shuffle_f32x4(x, x, 0x4E);
    }
}

// x + other where the bit DISTANCE of a lane is clear, other - x where it is set.
template <int DISTANCE> inline __m512 butterfly(__m512 x) {
    __mmask16 upper = 0;
    for (int lane = 0; lane < 16; lane++) {
        upper |= (lane & DISTANCE) != 0 ? 1 << lane : 0;
    }
    const __m512 signs = _mm512_mask_blend_ps(upper, _mm512_set1_ps(1), _mm512_set1_ps(-1));
    return _mm512_fmadd_ps(x, signs, swap_lanes<DISTANCE>(x));
}

// Unnormalised Hadamard transform of the lanes.
inline Vector rotate_lanes(Vector x) {
    return { butterfly<8>(butterfly<4>(butterfly<2>(butterfly<1>(x.v)))) };
}

// vpdpbusd requires unsigned activations: with INT8_BIAS.
constexpr bool IS_INT8_BIASED = true;

// Of values in [0, 255].
inline void store_int8(uint8_t * p, Vector x) {
    _mm_storeu_si128(reinterpret_cast<__m128i *>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(x.v)));
}

inline Vector load_int8(const int8_t * p) {
    return { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(p)))) };
}

// In F32, F16 or BF16.
template <embark::Value VALUE> inline Vector load_weights(const void * p) {
    if constexpr (VALUE == embark::Value::F32) {
        return load(static_cast<const float *>(p));
    } else {
        __m256i half = _mm256_loadu_si256(static_cast<const __m256i *>(p));
        if constexpr (VALUE == embark::Value::F16) {
            return { _mm512_cvtph_ps(half) };
        } else {
            return { _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16)) };
        }
    }
}

} // namespace
