// Product of ROWS rows of activations and one panel of weights, both in bf16, accumulated in f32.
#pragma once

#include <cstring>

#include "kernels.h"

namespace {

using Activation = uint16_t;
constexpr embark::Value ACTIVATION = embark::Value::BF16;
constexpr int PAIR = 2;

inline Vector load_activation(const Activation * p) { return load_weights<embark::Value::BF16>(p); }
inline void store_activation(Activation * p, Vector x) {
    __m256bh rounded = _mm512_cvtneps_pbh(x.v);
    std::memcpy(p, &rounded, sizeof(rounded));
}
inline Vector load_first_activation(int n, const Activation * p) {
    __m512i wide = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(first_lanes(n), p));
    return { _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16)) };
}
inline void store_first_activation(int n, Activation * p, Vector x) {
    _mm256_mask_storeu_epi16(p, first_lanes(n), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(x.v)));
}
// Precise to 14 bits; activations keep 8.
inline Vector divide(Vector a, Vector b) { return { _mm512_mul_ps(a.v, _mm512_rcp14_ps(b.v)) }; }

// c[ROWS][PANEL] = a[ROWS][steps * 2] * panel
template <embark::Value WEIGHT, int ROWS>
void tile(const Activation * a, size_t a_ld, int steps, const void * panel, float * c, size_t c_ld) {
    static_assert(WEIGHT == embark::Value::BF16);
    constexpr int VECTORS = PANEL / Vector::SIZE;
    const char * weights = static_cast<const char *>(panel);
    __m512 acc[ROWS][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            acc[r][v] = _mm512_setzero_ps();
        }
    }
    for (int s = 0; s < steps; s++) {
        __m512i w[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            w[v] = _mm512_loadu_si512(weights);
            weights += sizeof(__m512i);
        }
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            int pair;
            std::memcpy(&pair, a + r * a_ld + 2 * s, sizeof(pair));
            __m512i x = _mm512_set1_epi32(pair);
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) {
                acc[r][v] = _mm512_dpbf16_ps(
                    acc[r][v], reinterpret_cast<__m512bh>(x), reinterpret_cast<__m512bh>(w[v]));
            }
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            _mm512_storeu_ps(c + r * c_ld + v * Vector::SIZE, acc[r][v]);
        }
    }
}

} // namespace
