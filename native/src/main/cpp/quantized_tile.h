// What the kernels for quantised weights have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <immintrin.h>

#include "lanes.h"
#include "quantized.h"

namespace embark {

constexpr int SUPERBLOCK = 256;

// Those of types in blocks of 256 values; see QuantizedKernels.
bool is_in_superblocks(ggml_type type);
size_t superblocks_scratch(int rows, int k);
void multiply_superblocks(const QuantizedProduct & product);

} // namespace embark

namespace {

constexpr int MOST_ROWS = 16; // of a tile

inline size_t in_lines(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

inline float half(uint16_t bits) {
    return _cvtsh_ss(bits);
}

inline __m256i low_nibbles(__m256i bytes) {
    return _mm256_and_si256(bytes, _mm256_set1_epi8(15));
}

// The sums of the lanes of four rows, each as sum_of().
inline __m128 sums_of(const __m256 * rows) {
    __m128 a[4];
    for (int i = 0; i < 4; i++) {
        a[i] = _mm_add_ps(_mm256_castps256_ps128(rows[i]), _mm256_extractf128_ps(rows[i], 1));
    }
    _MM_TRANSPOSE4_PS(a[0], a[1], a[2], a[3]);
    return _mm_add_ps(_mm_add_ps(a[0], a[2]), _mm_add_ps(a[1], a[3]));
}

template <int ROWS> void store_sums(const __m256 * sums, float * result) {
    if (ROWS % 4 == 0) {
        for (int row = 0; row < ROWS; row += 4) {
            _mm_store_ps(result + row, sums_of(sums + row));
        }
    } else {
        for (int row = 0; row < ROWS; row++) {
            result[row] = sum_of(sums[row]);
        }
    }
}

// Returns the number of rows of the tile for the next rows; there is a kernel for each.
int tile_rows(int rows) {
    return rows >= 13 ? 16 : rows > 8 ? 12 : rows > 4 ? 8 : rows > 2 ? 4 : rows;
}

// Calls function(std::integral_constant<int, ROWS>) for a tile of this many rows.
template <typename Function> void with_rows(int rows, const Function & function) {
    switch (rows) {
        case 1: return function(std::integral_constant<int, 1>());
        case 2: return function(std::integral_constant<int, 2>());
        case 4: return function(std::integral_constant<int, 4>());
        case 8: return function(std::integral_constant<int, 8>());
        case 12: return function(std::integral_constant<int, 12>());
        default: return function(std::integral_constant<int, 16>());
    }
}

} // namespace
