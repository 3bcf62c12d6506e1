// A vector of sixteen floats in two registers of eight.
#pragma once

#include <immintrin.h>

#include "kernels.h"
#include "lanes.h"

namespace {

struct Vector {
    static constexpr int SIZE = 16;
    __m256 low;
    __m256 high;
};

constexpr int PANEL = 16;

inline Vector zero() { return { _mm256_setzero_ps(), _mm256_setzero_ps() }; }
inline Vector all(float x) { return { _mm256_set1_ps(x), _mm256_set1_ps(x) }; }
inline Vector load(const float * p) { return { _mm256_loadu_ps(p), _mm256_loadu_ps(p + 8) }; }
inline void store(float * p, Vector x) {
    _mm256_storeu_ps(p, x.low);
    _mm256_storeu_ps(p + 8, x.high);
}
inline Vector operator+(Vector a, Vector b) { return { _mm256_add_ps(a.low, b.low), _mm256_add_ps(a.high, b.high) }; }
inline Vector operator-(Vector a, Vector b) { return { _mm256_sub_ps(a.low, b.low), _mm256_sub_ps(a.high, b.high) }; }
inline Vector operator*(Vector a, Vector b) { return { _mm256_mul_ps(a.low, b.low), _mm256_mul_ps(a.high, b.high) }; }
inline Vector operator/(Vector a, Vector b) { return { _mm256_div_ps(a.low, b.low), _mm256_div_ps(a.high, b.high) }; }
// a * b + c
inline Vector fma(Vector a, Vector b, Vector c) {
    return { _mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high) };
}
inline Vector max(Vector a, Vector b) { return { _mm256_max_ps(a.low, b.low), _mm256_max_ps(a.high, b.high) }; }
inline float sum(Vector a) { return sum_of(_mm256_add_ps(a.low, a.high)); }
inline float largest(Vector a) { return largest_of(_mm256_max_ps(a.low, a.high)); }

inline __m256i first_lanes(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// The first n lanes of a, the remaining lanes of b.
inline Vector first(int n, Vector a, Vector b) {
    return { _mm256_blendv_ps(b.low, a.low, _mm256_castsi256_ps(first_lanes(n))),
             _mm256_blendv_ps(b.high, a.high, _mm256_castsi256_ps(first_lanes(n - 8))) };
}
inline Vector load_first(int n, const float * p) {
    return { _mm256_maskload_ps(p, first_lanes(n)), _mm256_maskload_ps(p + 8, first_lanes(n - 8)) };
}
inline void store_first(int n, float * p, Vector x) {
    _mm256_maskstore_ps(p, first_lanes(n), x.low);
    _mm256_maskstore_ps(p + 8, first_lanes(n - 8), x.high);
}

// fraction * 2^whole for whole numbers within the exponent range of normal floats.
inline __m256 scale_by_power(__m256 fraction, __m256 whole) {
    __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(whole), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(fraction), exponent));
}
inline Vector scale_by_power(Vector fraction, Vector whole) {
    return { scale_by_power(fraction.low, whole.low), scale_by_power(fraction.high, whole.high) };
}
inline Vector nearest(Vector x) {
    return { _mm256_round_ps(x.low, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
             _mm256_round_ps(x.high, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC) };
}

inline Vector absolute(Vector x) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return { _mm256_andnot_ps(sign, x.low), _mm256_andnot_ps(sign, x.high) };
}
// The larger of values that are not negative. Compared as integers, those that are not finite are the largest.
inline Vector larger(Vector a, Vector b) {
    return { _mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(a.low), _mm256_castps_si256(b.low))),
             _mm256_castsi256_ps(_mm256_max_epi32(_mm256_castps_si256(a.high), _mm256_castps_si256(b.high))) };
}
inline float larger_of_lanes(Vector a) { return larger_of(larger(a, { a.high, a.low }).low); }

inline __m256i int16_of(Vector x) {
    const __m256i pairs = _mm256_packs_epi32(_mm256_cvtps_epi32(x.low), _mm256_cvtps_epi32(x.high));
    return _mm256_permute4x64_epi64(pairs, 0xD8);
}
inline void store_int16(int16_t * p, Vector x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(p), int16_of(x));
}
inline void store_int16_pairs(int16_t * p, __m256 a, __m256 b) {
    const __m256i low = _mm256_and_si256(_mm256_cvtps_epi32(a), _mm256_set1_epi32(0xFFFF));
    const __m256i high = _mm256_slli_epi32(_mm256_cvtps_epi32(b), 16);
    _mm256_storeu_si256(reinterpret_cast<__m256i *>(p), _mm256_or_si256(low, high));
}
// a[0], b[0], a[1], b[1] ...
inline void store_int16_pairs(int16_t * p, Vector a, Vector b) {
    store_int16_pairs(p, a.low, b.low);
    store_int16_pairs(p + 16, a.high, b.high);
}

// x + other where the bit DISTANCE of a lane is clear, other - x where it is set.
template <int DISTANCE> inline __m256 butterfly(__m256 x) {
    if constexpr (DISTANCE == 1) {
        return _mm256_fmadd_ps(x, _mm256_setr_ps(1, -1, 1, -1, 1, -1, 1, -1), _mm256_permute_ps(x, 0xB1));
    } else if constexpr (DISTANCE == 2) {
        return _mm256_fmadd_ps(x, _mm256_setr_ps(1, 1, -1, -1, 1, 1, -1, -1), _mm256_permute_ps(x, 0x4E));
    } else {
        return _mm256_fmadd_ps(x, _mm256_setr_ps(1, 1, 1, 1, -1, -1, -1, -1), _mm256_permute2f128_ps(x, x, 1));
    }
}

// Unnormalised Hadamard transform of the lanes.
inline Vector rotate_lanes(Vector x) {
    const __m256 low = butterfly<4>(butterfly<2>(butterfly<1>(x.low)));
    const __m256 high = butterfly<4>(butterfly<2>(butterfly<1>(x.high)));
    return { _mm256_add_ps(low, high), _mm256_sub_ps(low, high) };
}

// vpdpbusd requires unsigned activations: with INT8_BIAS.
constexpr bool IS_INT8_BIASED = true;

// Of values in [0, 255].
inline void store_int8(uint8_t * p, Vector x) {
    const __m256i integers = int16_of(x);
    _mm_storeu_si128(
        reinterpret_cast<__m128i *>(p),
        _mm_packus_epi16(_mm256_castsi256_si128(integers), _mm256_extracti128_si256(integers, 1)));
}

inline __m256 load_eight_int8(const int8_t * p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(p))));
}
inline Vector load_int8(const int8_t * p) { return { load_eight_int8(p), load_eight_int8(p + 8) }; }

// In F32, F16 or BF16.
template <embark::Value VALUE> inline __m256 load_eight_weights(const void * p) {
    if constexpr (VALUE == embark::Value::F32) {
        return _mm256_loadu_ps(static_cast<const float *>(p));
    } else {
        __m128i half = _mm_loadu_si128(static_cast<const __m128i *>(p));
        if constexpr (VALUE == embark::Value::F16) {
            return _mm256_cvtph_ps(half);
        } else {
            return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
        }
    }
}
template <embark::Value VALUE> inline Vector load_weights(const void * p) {
    const char * high = static_cast<const char *>(p) + 8 * embark::size_of(VALUE);
    return { load_eight_weights<VALUE>(p), load_eight_weights<VALUE>(high) };
}

} // namespace
