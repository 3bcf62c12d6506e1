// Compiled with AVX-512 VNNI and VL: 32 registers of 256 bits hold the sums of 16 rows.
#include "quantized_tile.h"

#include <algorithm>
#include <cstring>

namespace {

using namespace embark;

constexpr int BLOCK = 32;
constexpr int BLOCKS_AT_ONCE = 24;

inline float rounded_to_half(float value) {
    return _cvtsh_ss(_cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT));
}

// Low nibbles first, then high ones.
inline __m256i nibbles(const uint8_t * bytes) {
    const __m128i both = _mm_loadu_si128(reinterpret_cast<const __m128i *>(bytes));
    const __m256i wide = _mm256_inserti128_si256(_mm256_castsi128_si256(both), _mm_srli_epi16(both, 4), 1);
    return low_nibbles(wide);
}

inline uint32_t bits_of(const uint8_t * bytes) {
    uint32_t bits;
    std::memcpy(&bits, bytes, sizeof(bits));
    return bits;
}

// Layouts of ggml's blocks. The integers of signed types may be negative; unsigned types have a minimum, which is added
// to each value.
struct Q4_0 {
    static constexpr bool SIGNED = true;
    uint16_t scale;
    uint8_t low[16];

    __m256i integers() const { return _mm256_sub_epi8(nibbles(low), _mm256_set1_epi8(8)); }
    float minimum() const { return 0; }
};

struct Q4_1 {
    static constexpr bool SIGNED = false;
    uint16_t scale;
    uint16_t least;
    uint8_t low[16];

    __m256i integers() const { return nibbles(low); }
    float minimum() const { return half(least); }
};

struct Q5_0 {
    static constexpr bool SIGNED = true;
    uint16_t scale;
    uint8_t high[4];
    uint8_t low[16];

    __m256i integers() const {
        const __m256i sixteen = _mm256_set1_epi8(16);
        return _mm256_mask_sub_epi8(nibbles(low), ~bits_of(high), nibbles(low), sixteen);
    }
    float minimum() const { return 0; }
};

struct Q5_1 {
    static constexpr bool SIGNED = false;
    uint16_t scale;
    uint16_t least;
    uint8_t high[4];
    uint8_t low[16];

    __m256i integers() const {
        return _mm256_mask_add_epi8(nibbles(low), bits_of(high), nibbles(low), _mm256_set1_epi8(16));
    }
    float minimum() const { return half(least); }
};

struct Q8_0 {
    static constexpr bool SIGNED = true;
    uint16_t scale;
    int8_t all[32];

    __m256i integers() const { return _mm256_loadu_si256(reinterpret_cast<const __m256i *>(all)); }
    float minimum() const { return 0; }
};

static_assert(sizeof(Q4_0) == 18 && sizeof(Q4_1) == 20 && sizeof(Q5_0) == 22 && sizeof(Q5_1) == 24 && sizeof(Q8_0) == 34);

// Rows as integers: for each block of k the integers of each row of a tile, then the scales of the rows, then their
// sums times the scales. Integers that meet signed weights are unsigned, 128 too large.
struct Tile {
    uint8_t * data;
    int rows; // padded

    static size_t block(int rows) { return rows * BLOCK + 2 * MOST_ROWS * sizeof(float); }
    static size_t size(int rows, int k) { return in_lines(k / BLOCK * block(rows)); }

    uint8_t * integers(int b) const { return data + b * block(rows); }
    float * scales(int b) const { return reinterpret_cast<float *>(integers(b) + rows * BLOCK); }
    float * sums(int b) const { return scales(b) + MOST_ROWS; }
};

// As ggml's quantize_row_q8_0 and quantize_row_q8_1.
void quantize(const float * values, uint8_t * integers, float & scale, float & sum, bool with_bias) {
    __m256 x[4];
    __m256 largest = _mm256_setzero_ps();
    for (int i = 0; i < 4; i++) {
        x[i] = _mm256_loadu_ps(values + 8 * i);
        largest = _mm256_max_ps(largest, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x[i]));
    }
    const float magnitude = largest_of(largest);
    const float factor = magnitude != 0.0f ? 127.0f / magnitude : 0.0f;
    __m256i n[4];
    for (int i = 0; i < 4; i++) {
        n[i] = _mm256_cvtps_epi32(_mm256_mul_ps(x[i], _mm256_set1_ps(factor)));
        _mm_storel_epi64(reinterpret_cast<__m128i *>(integers + 8 * i), _mm256_cvtsepi32_epi8(n[i]));
    }
    __m256i all = _mm256_add_epi32(_mm256_add_epi32(n[0], n[1]), _mm256_add_epi32(n[2], n[3]));
    __m128i half_sum = _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    half_sum = _mm_add_epi32(half_sum, _mm_unpackhi_epi64(half_sum, half_sum));
    half_sum = _mm_add_epi32(half_sum, _mm_shuffle_epi32(half_sum, 1));
    const float exact_scale = magnitude / 127.0f;
    scale = rounded_to_half(exact_scale);
    sum = rounded_to_half(exact_scale * _mm_cvtsi128_si32(half_sum));
    if (with_bias) {
        __m256i * bytes = reinterpret_cast<__m256i *>(integers);
        _mm256_storeu_si256(bytes, _mm256_xor_si256(_mm256_loadu_si256(bytes), _mm256_set1_epi8(-128)));
    }
}

void fill(const Tile & tile, const float * in, size_t in_ld, int rows, int k, bool with_bias) {
    for (int b = 0; b < k / BLOCK; b++) {
        std::memset(tile.integers(b), 0, Tile::block(tile.rows));
        for (int row = 0; row < rows; row++) {
            quantize(in + row * in_ld + b * BLOCK, tile.integers(b) + row * BLOCK, tile.scales(b)[row], tile.sums(b)[row],
                     with_bias);
        }
    }
}

// sum += scale * (start + the products of w and the integers of a row). Compilers would load the scales of all rows at
// once and then permute them, which takes twice as long.
template <bool SIGNED>
inline void add(__m256 & sum, const __m256i & start, const __m256i & w, const uint8_t * integers, const float * scale) {
    using Integers = const uint8_t(*)[BLOCK];
    __m256i dot;
    if (SIGNED) {
        __m256i y;
        asm("vmovdqu %[in], %[y]\n\t"
            "vmovdqa %[start], %[dot]\n\t"
            "%{evex%} vpdpbusd %[w], %[y], %[dot]\n\t"
            "vcvtdq2ps %[dot], %[dot]\n\t"
            "vfmadd231ps %[scale]%{1to8%}, %[dot], %[sum]"
            : [sum] "+v"(sum), [dot] "=&x"(dot), [y] "=&x"(y)
            : [start] "x"(start), [w] "v"(w), [in] "m"(*reinterpret_cast<Integers>(integers)), [scale] "m"(*scale));
    } else {
        asm("vmovdqa %[start], %[dot]\n\t"
            "%{evex%} vpdpbusd %[in], %[w], %[dot]\n\t"
            "vcvtdq2ps %[dot], %[dot]\n\t"
            "vfmadd231ps %[scale]%{1to8%}, %[dot], %[sum]"
            : [sum] "+v"(sum), [dot] "=&x"(dot)
            : [start] "x"(start), [w] "v"(w), [in] "m"(*reinterpret_cast<Integers>(integers)), [scale] "m"(*scale));
    }
}

// Columns [0, n) of the result for a tile of ROWS rows, the first `rows` of which exist.
template <typename Block, int ROWS>
void multiply_tile(const Tile & tile, const Block * weights, int n, int k, int rows, float * out, size_t out_ld) {
    const int blocks = k / BLOCK;
    for (int column = 0; column < n; column++, weights += blocks) {
        __m256 sums[ROWS];
        for (int row = 0; row < ROWS; row++) {
            sums[row] = _mm256_setzero_ps();
        }
        __m512 minima = _mm512_setzero_ps();
        const uint8_t * in = tile.data;
        for (int first = 0; first < blocks; first += BLOCKS_AT_ONCE) {
            const int count = std::min(BLOCKS_AT_ONCE, blocks - first);
            alignas(64) float scales[BLOCKS_AT_ONCE][MOST_ROWS];
            const uint8_t * next = in;
            for (int b = 0; b < count; b++, next += Tile::block(ROWS)) {
                const Block & block = weights[first + b];
                const float * scales_in = reinterpret_cast<const float *>(next + ROWS * BLOCK);
                _mm512_store_ps(scales[b], _mm512_mul_ps(_mm512_set1_ps(half(block.scale)), _mm512_loadu_ps(scales_in)));
                if (!Block::SIGNED) {
                    minima = _mm512_fmadd_ps(
                        _mm512_set1_ps(block.minimum()), _mm512_loadu_ps(scales_in + MOST_ROWS), minima);
                }
            }
            for (int b = 0; b < count; b++, in += Tile::block(ROWS)) {
                const __m256i w = weights[first + b].integers();
                __m256i start = _mm256_setzero_si256();
                if (Block::SIGNED) {
                    start = _mm256_sub_epi32(start, _mm256_dpbusd_epi32(start, _mm256_set1_epi8(-128), w));
                }
#pragma GCC unroll 16
                for (int row = 0; row < ROWS; row++) {
                    add<Block::SIGNED>(sums[row], start, w, in + row * BLOCK, scales[b] + row);
                }
            }
        }
        alignas(64) float result[MOST_ROWS];
        store_sums<ROWS>(sums, result);
        if (!Block::SIGNED) {
            _mm512_store_ps(result, _mm512_add_ps(_mm512_load_ps(result), minima));
        }
        for (int row = 0; row < rows; row++) {
            out[row * out_ld + column] = result[row];
        }
    }
}

template <typename Block> void multiply_all(const QuantizedProduct & p) {
    uint8_t * memory = static_cast<uint8_t *>(p.scratch);
    const Block * weights = static_cast<const Block *>(p.weights);
    for (int first = 0; first < p.rows;) {
        const Tile tile = { memory, tile_rows(p.rows - first) };
        const int rows = std::min(tile.rows, p.rows - first);
        if (!p.again) {
            fill(tile, p.in + first * p.in_ld, p.in_ld, rows, p.k, Block::SIGNED);
        }
        float * out = p.out + first * p.out_ld;
        with_rows(tile.rows, [&](auto padded) {
            multiply_tile<Block, decltype(padded)::value>(tile, weights, p.n, p.k, rows, out, p.out_ld);
        });
        memory += Tile::size(tile.rows, p.k);
        first += rows;
    }
}

int activations(ggml_type type, int64_t k) {
    if (is_in_superblocks(type)) {
        return k % SUPERBLOCK == 0 ? 2 : -1;
    }
    if (k % BLOCK != 0) {
        return -1;
    }
    switch (type) {
        case GGML_TYPE_Q4_1:
        case GGML_TYPE_Q5_1: return 0;
        case GGML_TYPE_Q4_0:
        case GGML_TYPE_Q5_0:
        case GGML_TYPE_Q8_0: return 1;
        default: return -1;
    }
}

size_t scratch(ggml_type type, int rows, int k) {
    if (is_in_superblocks(type)) {
        return superblocks_scratch(rows, k);
    }
    size_t bytes = 0;
    for (int first = 0; first < rows;) {
        const int next = tile_rows(rows - first);
        bytes += Tile::size(next, k);
        first += next;
    }
    return bytes;
}

void multiply(const QuantizedProduct & product) {
    switch (product.type) {
        case GGML_TYPE_Q4_0: return multiply_all<Q4_0>(product);
        case GGML_TYPE_Q4_1: return multiply_all<Q4_1>(product);
        case GGML_TYPE_Q5_0: return multiply_all<Q5_0>(product);
        case GGML_TYPE_Q5_1: return multiply_all<Q5_1>(product);
        case GGML_TYPE_Q8_0: return multiply_all<Q8_0>(product);
        default: return multiply_superblocks(product);
    }
}

} // namespace

const embark::QuantizedKernels & embark::quantized_avx512_vnni() {
    static const QuantizedKernels kernels = { activations, scratch, multiply };
    return kernels;
}
