// Products of 8-bit integers (VNNI): blocks of activations are rotated and quantised, then multiplied by
// one panel of INT8 weights; sums are integers within a block and f32 across blocks.
#pragma once

#include <cstring>

#include "kernels.h"

namespace {

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

// Unnormalised Hadamard transform of INT8_BLOCK values.
inline void rotate(__m512 * x) {
    constexpr int VECTORS = embark::INT8_BLOCK / 16;
#pragma GCC unroll 3
    for (int distance = 1; distance < VECTORS; distance *= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < VECTORS; i++) {
            if ((i & distance) == 0) {
                __m512 a = x[i];
                __m512 b = x[i + distance];
                x[i] = _mm512_add_ps(a, b);
                x[i + distance] = _mm512_sub_ps(a, b);
            }
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < VECTORS; i++) {
        x[i] = butterfly<8>(butterfly<4>(butterfly<2>(butterfly<1>(x[i]))));
    }
}

// Rotates a block of activations and converts it to 8-bit integers plus INT8_BIAS. Returns the scale, which
// is not finite if an activation is not.
inline float quantize(const Activation * from, uint8_t * to) {
    constexpr int VECTORS = embark::INT8_BLOCK / 16;
    __m512 x[VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; v++) {
        x[v] = load_activation(from + v * 16).v;
    }
    rotate(x);
    // Compared as integers, the bits of non-finite magnitudes are the largest.
    __m512i largest = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; v++) {
        largest = _mm512_max_epi32(largest, _mm512_castps_si512(_mm512_abs_ps(x[v])));
    }
    const int bits = _mm512_reduce_max_epi32(largest);
    float magnitude;
    std::memcpy(&magnitude, &bits, sizeof(magnitude));
    const __m512 inverse = _mm512_set1_ps(magnitude > 0 ? embark::INT8_MOST / magnitude : 0);
    const __m512 bias = _mm512_set1_ps(embark::INT8_BIAS);
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; v++) {
        __m512i whole = _mm512_cvtps_epi32(_mm512_fmadd_ps(x[v], inverse, bias));
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to + v * 16), _mm512_cvtepi32_epi8(whole));
    }
    return magnitude / embark::INT8_MOST;
}

// Same as _mm512_dpbusd_epi32, for which GCC 12 copies the sums back and forth at half the speed.
inline void add_products(__m512i & sums, __m512i a, __m512i w) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(a), "v"(w));
}

// Adds the product of a block of a, whose row scales are a_scales[0], a_scales[scales_ld] ..., to
// c[ROWS][PANEL], or initialises c with it.
template <int ROWS>
inline void int8_block(
    const uint8_t * a, size_t a_ld, const float * a_scales, size_t scales_ld, const char * panel, bool begin, float * c) {
    constexpr int VECTORS = PANEL / Vector::SIZE;
    const char * corrections = panel + embark::INT8_BLOCK * PANEL;
    const char * scales = corrections + PANEL * sizeof(int32_t);
    __m512i acc[ROWS][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            acc[r][v] = _mm512_loadu_si512(corrections + v * sizeof(__m512i));
        }
    }
    for (int s = 0; s < embark::INT8_BLOCK / embark::INT8_STEP; s++) {
        __m512i w[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            w[v] = _mm512_loadu_si512(panel);
            panel += sizeof(__m512i);
        }
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            int four;
            std::memcpy(&four, a + r * a_ld + s * embark::INT8_STEP, sizeof(four));
            __m512i x = _mm512_set1_epi32(four);
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) {
                add_products(acc[r][v], x, w[v]);
            }
        }
    }
#pragma GCC unroll 4
    for (int v = 0; v < VECTORS; v++) {
        __m512 scale = _mm512_loadu_ps(scales + v * sizeof(__m512));
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            float * to = c + r * PANEL + v * Vector::SIZE;
            __m512 before = begin ? _mm512_setzero_ps() : _mm512_loadu_ps(to);
            __m512 sums = _mm512_mul_ps(_mm512_cvtepi32_ps(acc[r][v]), scale);
            _mm512_storeu_ps(to, _mm512_fmadd_ps(sums, _mm512_set1_ps(a_scales[r * scales_ld]), before));
        }
    }
}

// c[ROWS][PANEL] = a[ROWS][blocks * INT8_BLOCK] * panel; a_scales[ROWS][blocks].
template <int ROWS>
void int8_tile(const uint8_t * a, size_t a_ld, const float * a_scales, int blocks, const char * panel, float * c) {
    for (int block = 0; block < blocks; block++) {
        int8_block<ROWS>(a, a_ld, a_scales + block, blocks, panel, block == 0, c);
        a += embark::INT8_BLOCK;
        panel += embark::Kernels::int8_block_size(PANEL);
    }
}

} // namespace
