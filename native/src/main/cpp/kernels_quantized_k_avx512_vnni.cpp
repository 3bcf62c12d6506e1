// Weights in superblocks of 256 values with a scale per block of 32 or 16: Q4_K, Q5_K and Q6_K. Weights times the scales
// of their blocks are integers of 16 bits, so that the sum of a superblock needs no other operation than vpdpwssd.
#include "quantized_tile.h"

#include <algorithm>
#include <cstring>

namespace {

using namespace embark;

constexpr int BLOCK = 32;
constexpr int BLOCKS = SUPERBLOCK / BLOCK;

// The integers of bytes (4i, 4i + 2), then (4i + 1, 4i + 3), so that lane i of the sums is that of bytes 4i ... 4i + 3.
struct Pairs {
    __m256i even;
    __m256i odd;
};

inline Pairs pairs_of(__m256i bytes, __m256i scales) {
    return { _mm256_mullo_epi16(_mm256_and_si256(bytes, _mm256_set1_epi16(255)), scales),
             _mm256_mullo_epi16(_mm256_srli_epi16(bytes, 8), scales) };
}

inline __m256i load(const void * memory) {
    return _mm256_loadu_si256(static_cast<const __m256i *>(memory));
}

// The 6-bit scales and minima of Q4_K and Q5_K.
struct Scales {
    uint8_t scales[BLOCKS];
    uint8_t minima[BLOCKS]; // in memory after the scales

    explicit Scales(const uint8_t * packed) {
        uint32_t words[3];
        std::memcpy(words, packed, sizeof(words));
        const uint32_t six = 0x3f3f3f3f;
        const uint32_t four = 0x0f0f0f0f;
        const uint32_t two = 0x03030303;
        const uint32_t all[4] = { words[0] & six, (words[2] & four) | (words[0] >> 6 & two) << 4, words[1] & six,
                                  (words[2] >> 4 & four) | (words[1] >> 6 & two) << 4 };
        std::memcpy(scales, all, sizeof(all));
    }
};

// Layouts of ggml's superblocks.
struct Q4_K {
    static constexpr bool HAS_MINIMA = true;
    uint16_t scale;
    uint16_t least;
    uint8_t packed[12];
    uint8_t low[128];

    Scales all() const { return Scales(packed); }
    void unpack(const Scales & all, Pairs * blocks) const {
        for (int b = 0; b < BLOCKS; b += 2) {
            const __m256i both = load(low + b / 2 * BLOCK);
            blocks[b] = pairs_of(low_nibbles(both), _mm256_set1_epi16(all.scales[b]));
            blocks[b + 1] = pairs_of(low_nibbles(_mm256_srli_epi16(both, 4)), _mm256_set1_epi16(all.scales[b + 1]));
        }
    }
};

struct Q5_K {
    static constexpr bool HAS_MINIMA = true;
    uint16_t scale;
    uint16_t least;
    uint8_t packed[12];
    uint8_t high[32]; // bit b of each byte is that of block b
    uint8_t low[128];

    Scales all() const { return Scales(packed); }
    void unpack(const Scales & all, Pairs * blocks) const {
        const __m256i bits = load(high);
        for (int b = 0; b < BLOCKS; b++) {
            const __m256i both = load(low + b / 2 * BLOCK);
            const __m256i four = low_nibbles(b % 2 == 0 ? both : _mm256_srli_epi16(both, 4));
            const __mmask32 fifth = _mm256_test_epi8_mask(bits, _mm256_set1_epi8(static_cast<char>(1 << b)));
            blocks[b] = pairs_of(
                _mm256_mask_add_epi8(four, fifth, four, _mm256_set1_epi8(16)), _mm256_set1_epi16(all.scales[b]));
        }
    }
};

struct Q6_K {
    static constexpr bool HAS_MINIMA = false;
    uint8_t low[128];
    uint8_t high[64];
    int8_t scales[16];
    uint16_t scale;

    const Q6_K & all() const { return *this; }
    // 32 too large; see offset_of().
    void unpack(const Q6_K &, Pairs * blocks) const {
        for (int b = 0; b < BLOCKS; b++) {
            const __m256i both = load(low + b / 4 * 64 + b % 2 * BLOCK);
            const __m256i four = low_nibbles(b % 4 < 2 ? both : _mm256_srli_epi16(both, 4));
            const __m256i bits = _mm256_srl_epi16(load(high + b / 4 * BLOCK), _mm_cvtsi32_si128(b % 4 * 2));
            const __m256i two = _mm256_slli_epi16(_mm256_and_si256(bits, _mm256_set1_epi8(3)), 4);
            blocks[b] = pairs_of(
                _mm256_or_si256(four, two),
                _mm256_inserti128_si256(_mm256_set1_epi16(scales[2 * b]), _mm_set1_epi16(scales[2 * b + 1]), 1));
        }
    }
};

static_assert(sizeof(Q4_K) == 144 && sizeof(Q5_K) == 176 && sizeof(Q6_K) == 210);

// A superblock of the rows of a tile; the integers of the rows follow it: [BLOCKS][rows] even and odd ones, as in Pairs.
struct alignas(64) Rows {
    float scales[MOST_ROWS];
    float sums[BLOCKS][MOST_ROWS];
    int16_t sums_of_16[MOST_ROWS][SUPERBLOCK / 16];

    static size_t size(int rows) { return sizeof(Rows) + rows * SUPERBLOCK * sizeof(int16_t); }
    int16_t * integers() { return reinterpret_cast<int16_t *>(this + 1); }
    const int16_t * integers() const { return reinterpret_cast<const int16_t *>(this + 1); }
};

// As ggml's quantize_row_q8_K: the value of the largest magnitude becomes -127.
void quantize(const float * values, Rows & all, int row, int rows) {
    __m256 largest = _mm256_setzero_ps();
    for (int i = 0; i < SUPERBLOCK; i += 8) {
        largest = _mm256_max_ps(largest, _mm256_andnot_ps(_mm256_set1_ps(-0.0f), _mm256_loadu_ps(values + i)));
    }
    const float magnitude = largest_of(largest);
    if (!(magnitude > 0)) {
        return;
    }
    const float * first = std::find_if(
        values, values + SUPERBLOCK, [=](float value) { return value == magnitude || value == -magnitude; });
    const float factor = -127.0f / (first == values + SUPERBLOCK ? magnitude : *first);
    all.scales[row] = 1 / factor;
    for (int b = 0; b < BLOCKS; b++) {
        alignas(32) int32_t integers[BLOCK];
        for (int i = 0; i < BLOCK; i += 8) {
            const __m256 product = _mm256_mul_ps(_mm256_set1_ps(factor), _mm256_loadu_ps(values + b * BLOCK + i));
            const __m256i n = _mm256_min_epi32(_mm256_cvtps_epi32(product), _mm256_set1_epi32(127));
            _mm256_store_si256(reinterpret_cast<__m256i *>(integers + i), n);
        }
        int16_t * even = all.integers() + (b * rows + row) * BLOCK;
        int16_t * odd = even + BLOCK / 2;
        for (int i = 0; i < BLOCK; i += 2) {
            even[i / 2] = static_cast<int16_t>(integers[i]);
            odd[i / 2] = static_cast<int16_t>(integers[i + 1]);
        }
        for (int i = 0; i < BLOCK; i++) {
            all.sums[b][row] += static_cast<float>(integers[i]);
            all.sums_of_16[row][2 * b + i / 16] = static_cast<int16_t>(all.sums_of_16[row][2 * b + i / 16] + integers[i]);
        }
    }
}

// The sums of minima times the sums of rows, in ggml's order, which differs by type.
struct Minima {
    __m512 lanes[4] = { _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps() };

    void add(const Q4_K & block, const Scales & all, const Rows & rows) {
        const __m512 factors = factors_of(block.least, rows);
        for (int i = 0; i < 4; i++) {
            lanes[i] = _mm512_fmadd_ps(factors, product(all, rows, 2 * i + 1, product(all, rows, 2 * i)), lanes[i]);
        }
    }

    void add(const Q5_K & block, const Scales & all, const Rows & rows) {
        __m512 sum = _mm512_setzero_ps();
        for (int b = 0; b < BLOCKS; b++) {
            sum = product(all, rows, b, sum);
        }
        lanes[0] = _mm512_fmadd_ps(factors_of(block.least, rows), sum, lanes[0]);
    }

    void add(const Q6_K &, const Q6_K &, const Rows &) {}

    __m512 sum() const {
        return _mm512_add_ps(_mm512_add_ps(lanes[0], lanes[2]), _mm512_add_ps(lanes[1], lanes[3]));
    }

private:
    static __m512 factors_of(uint16_t least, const Rows & rows) {
        const __m512 negative = _mm512_xor_ps(_mm512_load_ps(rows.scales), _mm512_set1_ps(-0.0f));
        return _mm512_mul_ps(negative, _mm512_set1_ps(half(least)));
    }

    // An integer below 2^24, so that no bit is lost.
    static __m512 product(const Scales & all, const Rows & rows, int b, __m512 more = _mm512_setzero_ps()) {
        return _mm512_fmadd_ps(_mm512_set1_ps(all.minima[b]), _mm512_load_ps(rows.sums[b]), more);
    }
};

// What to subtract from a row's sums, because the integers of Q6_K are 32 too large.
inline __m256i offset_of(const Q6_K & block, const Rows & rows, int row) {
    const __m256i scales = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(block.scales)));
    return _mm256_slli_epi32(_mm256_madd_epi16(load(rows.sums_of_16[row]), scales), 5);
}

template <typename Block> inline __m256i offset_of(const Block &, const Rows &, int) {
    return _mm256_setzero_si256();
}

// sum += the products of pairs. Of the intrinsic's operands, GCC 12 would keep the sums in memory.
inline void add(__m256i & sum, const __m256i & w, const __m256i & in) {
    asm("%{evex%} vpdpwssd %[in], %[w], %[sum]" : [sum] "+v"(sum) : [w] "v"(w), [in] "v"(in));
}

// The sums of a superblock in eight lanes, for each column of weights and each row.
template <int COLUMNS, int ROWS>
void add_up(const Pairs (*weights)[BLOCKS], const Rows & rows, __m256i (*sums)[ROWS]) {
    __m256i all[COLUMNS][ROWS] = {};
    const int16_t * in = rows.integers();
    for (int b = 0; b < BLOCKS; b++) {
#pragma GCC unroll 8
        for (int row = 0; row < ROWS; row++) {
            const __m256i even = load(in + row * BLOCK);
            const __m256i odd = load(in + row * BLOCK + BLOCK / 2);
#pragma GCC unroll 2
            for (int column = 0; column < COLUMNS; column++) {
                add(all[column][row], weights[column][b].even, even);
                add(all[column][row], weights[column][b].odd, odd);
            }
        }
        in += ROWS * BLOCK;
    }
    std::memcpy(sums, all, sizeof(all));
}

// Some columns of the result for a tile of ROWS rows, the first `rows` of which exist.
template <typename Block, int COLUMNS, int ROWS>
void multiply_columns(const uint8_t * tile, const Block * weights, int superblocks, int rows, float * out, size_t out_ld) {
    __m256 sums[COLUMNS][ROWS] = {};
    Minima minima[COLUMNS];
    for (int s = 0; s < superblocks; s++) {
        const Rows & in = *reinterpret_cast<const Rows *>(tile + s * Rows::size(ROWS));
        Pairs blocks[COLUMNS][BLOCKS];
        for (int column = 0; column < COLUMNS; column++) {
            const Block & block = weights[column * superblocks + s];
            const auto & all = block.all();
            block.unpack(all, blocks[column]);
            minima[column].add(block, all, in);
        }
        __m256i integers[COLUMNS][ROWS];
        add_up<COLUMNS, ROWS>(blocks, in, integers);
        for (int column = 0; column < COLUMNS; column++) {
            const Block & block = weights[column * superblocks + s];
            const __m256 scale = _mm256_set1_ps(half(block.scale));
            for (int row = 0; row < ROWS; row++) {
                const __m256i sum = _mm256_sub_epi32(integers[column][row], offset_of(block, in, row));
                const __m256 factor = _mm256_mul_ps(_mm256_broadcast_ss(in.scales + row), scale);
                sums[column][row] = _mm256_fmadd_ps(factor, _mm256_cvtepi32_ps(sum), sums[column][row]);
            }
        }
    }
    for (int column = 0; column < COLUMNS; column++) {
        alignas(64) float result[MOST_ROWS];
        store_sums<ROWS>(sums[column], result);
        if (Block::HAS_MINIMA) {
            _mm512_store_ps(result, _mm512_add_ps(_mm512_load_ps(result), minima[column].sum()));
        }
        for (int row = 0; row < rows; row++) {
            out[row * out_ld + column] = result[row];
        }
    }
}

template <typename Block, int ROWS>
void multiply_tile(const uint8_t * tile, const Block * weights, int n, int k, int rows, float * out, size_t out_ld) {
    const int superblocks = k / SUPERBLOCK;
    int column = 0;
    for (; column + 2 <= n; column += 2) {
        multiply_columns<Block, 2, ROWS>(tile, weights + column * superblocks, superblocks, rows, out + column, out_ld);
    }
    if (column < n) {
        multiply_columns<Block, 1, ROWS>(tile, weights + column * superblocks, superblocks, rows, out + column, out_ld);
    }
}

// Returns the number of rows of the tile for the next rows; the sums of two columns are in registers.
int tile_rows_of(int rows) {
    return tile_rows(std::min(rows, 8));
}

template <typename Block> void multiply_all(const QuantizedProduct & p) {
    uint8_t * tile = static_cast<uint8_t *>(p.scratch);
    const int superblocks = p.k / SUPERBLOCK;
    for (int first = 0; first < p.rows;) {
        const int padded = tile_rows_of(p.rows - first);
        const int rows = std::min(padded, p.rows - first);
        const size_t size = superblocks * Rows::size(padded);
        if (!p.again) {
            std::memset(tile, 0, size);
            for (int s = 0; s < superblocks; s++) {
                Rows & all = *reinterpret_cast<Rows *>(tile + s * Rows::size(padded));
                for (int row = 0; row < rows; row++) {
                    quantize(p.in + (first + row) * p.in_ld + s * SUPERBLOCK, all, row, padded);
                }
            }
        }
        const Block * weights = static_cast<const Block *>(p.weights);
        float * out = p.out + first * p.out_ld;
        switch (padded) {
            case 1: multiply_tile<Block, 1>(tile, weights, p.n, p.k, rows, out, p.out_ld); break;
            case 2: multiply_tile<Block, 2>(tile, weights, p.n, p.k, rows, out, p.out_ld); break;
            case 4: multiply_tile<Block, 4>(tile, weights, p.n, p.k, rows, out, p.out_ld); break;
            default: multiply_tile<Block, 8>(tile, weights, p.n, p.k, rows, out, p.out_ld);
        }
        tile += size;
        first += rows;
    }
}

} // namespace

namespace embark {

bool is_in_superblocks(ggml_type type) {
    return type == GGML_TYPE_Q4_K || type == GGML_TYPE_Q5_K || type == GGML_TYPE_Q6_K;
}

size_t superblocks_scratch(int rows, int k) {
    size_t bytes = 0;
    for (int first = 0; first < rows;) {
        const int next = tile_rows_of(rows - first);
        bytes += k / SUPERBLOCK * Rows::size(next);
        first += next;
    }
    return bytes;
}

void multiply_superblocks(const QuantizedProduct & product) {
    switch (product.type) {
        case GGML_TYPE_Q4_K: return multiply_all<Q4_K>(product);
        case GGML_TYPE_Q5_K: return multiply_all<Q5_K>(product);
        default: return multiply_all<Q6_K>(product);
    }
}

} // namespace embark
