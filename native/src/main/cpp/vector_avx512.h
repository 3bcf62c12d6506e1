// A vector of sixteen floats.
#pragma once

#include <immintrin.h>

#include "kernels.h"

namespace {

struct Vector {
    static constexpr int SIZE = 16;
    __m512 v;
};

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
inline float sum(Vector a) { return _mm512_reduce_add_ps(a.v); }
inline float largest(Vector a) { return _mm512_reduce_max_ps(a.v); }

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
