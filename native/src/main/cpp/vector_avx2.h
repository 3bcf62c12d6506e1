// A vector of eight floats.
#pragma once

#include <immintrin.h>

#include "kernels.h"

namespace {

struct Vector {
    static constexpr int SIZE = 8;
    __m256 v;
};

inline Vector zero() { return { _mm256_setzero_ps() }; }
inline Vector all(float x) { return { _mm256_set1_ps(x) }; }
inline Vector load(const float * p) { return { _mm256_loadu_ps(p) }; }
inline void store(float * p, Vector x) { _mm256_storeu_ps(p, x.v); }
inline Vector operator+(Vector a, Vector b) { return { _mm256_add_ps(a.v, b.v) }; }
inline Vector operator-(Vector a, Vector b) { return { _mm256_sub_ps(a.v, b.v) }; }
inline Vector operator*(Vector a, Vector b) { return { _mm256_mul_ps(a.v, b.v) }; }
inline Vector operator/(Vector a, Vector b) { return { _mm256_div_ps(a.v, b.v) }; }
// a * b + c
inline Vector fma(Vector a, Vector b, Vector c) { return { _mm256_fmadd_ps(a.v, b.v, c.v) }; }
inline Vector max(Vector a, Vector b) { return { _mm256_max_ps(a.v, b.v) }; }

inline float sum(Vector a) {
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

inline float largest(Vector a) {
    __m128 x = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
    x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}

inline __m256i first_lanes(int n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// The first n lanes of a, the remaining lanes of b.
inline Vector first(int n, Vector a, Vector b) {
    return { _mm256_blendv_ps(b.v, a.v, _mm256_castsi256_ps(first_lanes(n))) };
}
inline Vector load_first(int n, const float * p) { return { _mm256_maskload_ps(p, first_lanes(n)) }; }
inline void store_first(int n, float * p, Vector x) { _mm256_maskstore_ps(p, first_lanes(n), x.v); }

// fraction * 2^whole for whole numbers within the exponent range of normal floats.
inline Vector scale_by_power(Vector fraction, Vector whole) {
    __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(whole.v), 23);
    return { _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(fraction.v), exponent)) };
}
inline Vector nearest(Vector x) {
    return { _mm256_round_ps(x.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC) };
}

template <embark::Value VALUE> inline Vector load_weights(const void * p) {
    if constexpr (VALUE == embark::Value::F32) {
        return load(static_cast<const float *>(p));
    } else {
        __m128i half = _mm_loadu_si128(static_cast<const __m128i *>(p));
        if constexpr (VALUE == embark::Value::F16) {
            return { _mm256_cvtph_ps(half) };
        } else {
            return { _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16)) };
        }
    }
}

} // namespace
