// Interface of an instruction set to the encoder: products with packed weights, rotary positions,
// attention, layer norm.
//
// Activations are matrices of f32, row-major with a leading dimension that is a multiple of the panel
// width, so kernels may write whole panels.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>

namespace embark {

// Q8_0 applies to weights only: 8 bits per value, and an F16 scale per BLOCK of a row.
//
// INT16 and INT8 are what weights and activations are multiplied as. Both are quantised in blocks of
// INTEGER_BLOCK values along k, whose products are added up as integers; the sums of blocks are added up in
// f32, so all instruction sets compute the same. Activations have one scale per row and block.
//
// INT16 weights have one scale per row of W. The magnitudes of activations are at most INT16_MOST, and those
// of the weights of a block add up to at most INT16_SUM, so that no sum of products overflows.
//
// INT8 weights have one scale per row and block. Each block of weights and activations is rotated by a
// Hadamard matrix, which preserves products but spreads outliers (as in QuaRot, arXiv:2404.00456).
enum class Value { F32, F16, BF16, Q8_0, INT16, INT8 };

constexpr int BLOCK = 32;
constexpr int INTEGER_BLOCK = 128;
constexpr float INT16_MOST = 16383;
constexpr float INT16_SUM = 131072;
constexpr float INT8_MOST = 127;
constexpr int INT8_BIAS = 128; // added to activations where the instruction requires unsigned values

static_assert(static_cast<double>(INT16_MOST) * INT16_SUM < 2147483648.0);

// Excluding scales.
constexpr size_t size_of(Value value) {
    return value == Value::F32 ? 4 : value == Value::Q8_0 || value == Value::INT8 ? 1 : 2;
}

// Values of k that one instruction multiplies per column.
constexpr int step_of(Value value) {
    return value == Value::INT16 ? 2 : value == Value::INT8 ? 4 : 1;
}

inline size_t round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

inline int integer_blocks(int k) {
    return (k + INTEGER_BLOCK - 1) / INTEGER_BLOCK;
}

// Quantisation of values: integer = value * factor, value = integer * scale.
struct Quantization {
    float factor;
    float scale;
};

// Returns that of values whose largest magnitude is given, to integers of at most `most`. Magnitudes whose
// factor would overflow count as zero. If a value is not finite the scale is NaN, and so is every product
// with it.
inline Quantization quantization_of(float magnitude, float most) {
    if (magnitude < 1e-30f) {
        return { 0, 0 };
    }
    if (!(magnitude <= 3.4028234e38f)) {
        return { 0, __builtin_nanf("") };
    }
    return { most / magnitude, magnitude / most };
}

// Returns that of INT16 weights whose magnitudes add up to at most `sum` in each block.
inline Quantization weights_quantization(float magnitude, float sum) {
    const float rounding = INTEGER_BLOCK / 2.0f;
    const float by_sum = sum * (32767 / (INT16_SUM - rounding));
    return quantization_of(by_sum > magnitude ? by_sum : magnitude, 32767);
}

// A matrix W[n][k] as panels of columns: for each step of k, panel p holds the values W[p * panel ... +
// panel)[step * step_of(value) ... + step_of(value)), zero beyond n and k. Scales of the same columns
// follow: for Q8_0 those of each block of k, for INT16 one F32 per column. For INT8, k is a multiple of the
// block size, and each block is followed by one int32 per column, which is minus the contribution of
// INT8_BIAS to the column's sum, and one F32 scale per column.
struct Packed {
    const void * data;
    Value value;
    int n;
    int k;
};

enum class Epilogue {
    STORE,      // out = product + bias
    STORE_GELU, // out = gelu(product + bias)
    GATE_SILU,  // out = out * silu(product + bias)
    GATE_GELU,  // out = out * gelu(product + bias)
    ADD         // out = out + product + bias
};

// out[rows][n] from a[rows][k] and W[n][k]; bias may be null. Leading dimensions count values.
struct Product {
    const float * a;
    size_t a_ld;
    int rows;
    Packed weights;
    const float * bias;
    Epilogue epilogue;
    float * out;
    size_t out_ld;
    void * scratch; // Kernels::product_scratch bytes
    bool again; // scratch was filled with the same rows for weights of the same kind
    // The columns of the result to compute, from a multiple of the panel width; out points to the first one.
    int first = 0;
    int columns = INT_MAX; // or as many as follow
};

// Columns of the rows of a product, [first, first + columns) of k, to be put into the product's scratch.
// `first` is a multiple of INTEGER_BLOCK, and so is `columns` unless they are the last ones.
struct ProductRows {
    const float * a; // [rows][columns]
    size_t a_ld;
    int rows;
    int first;
    int columns;
    int k;
    Value value; // of the weights
    void * scratch;
};

// Rotates, in each head, the pairs of values (i, i + turned / 2) for i < turned / 2 by the angles of their
// row: rotary positions (RoPE, arXiv:2104.09864) with the pairing of GPT-NeoX.
struct Rotation {
    float * x;
    size_t ld;
    int rows;
    int heads;
    int head_size;
    int turned;
    const float * angles; // [rows][turned]: the cosines of a row's angles, then their sines
};

// Softmax(scale * Q K^T - slope * distance) V per sequence and head, where a row attends to the rows of its
// sequence at a distance of at most `window`; the result replaces Q.
struct Attention {
    float * q;
    const float * k;
    const float * v;
    size_t ld;
    int heads;
    int head_size;
    float scale;
    int window;
    const float * slopes; // [heads]; null for none
    const int * starts; // [sequences + 1], in rows
    int sequences;
    void * scratch; // Kernels::attention_scratch bytes
};

// (x - mean) / sqrt(variance + epsilon) * weight + bias for each row of d values; values beyond d become
// zero.
struct Norm {
    const float * x;
    float * out; // may equal x
    size_t ld;
    int rows;
    int d;
    float epsilon;
    const float * weight;
    const float * bias; // null for none
};

// out[sequences][d], for each sequence the sum of x[rows][d] times its factors[sequences][rows]. Rows whose factor
// is zero are left out, so that none reaches another sequence.
struct Pooling {
    const float * x;
    int rows;
    int d;
    const float * factors;
    int sequences;
    float * out;
};

struct Kernels {
    const char * name;
    const char * int8_name; // name with INT8 weights; null if unsupported
    // What products and attention multiply: F32, with weights in F32, F16, BF16 and Q8_0, or INT16, with
    // weights in INT16 and Q8_0.
    Value arithmetic;
    int panel; // columns
    void (*multiply)(const Product &);
    // For rows of integers; see multiplied_as().
    void (*quantize)(const ProductRows &);
    void (*turn)(const Rotation &);
    void (*attend)(const Attention &);
    void (*normalize)(const Norm &);
    void (*pool)(const Pooling &);
    // Returns the bytes needed for sequences of up to n tokens.
    size_t (*attention_scratch)(int n, int head_size);

    // Returns what rows are multiplied as by weights that are kept as `value`.
    Value multiplied_as(Value value) const { return value == Value::INT8 ? value : arithmetic; }

    size_t panel_size(int k, Value value) const { return panel_size(panel, k, value); }

    static constexpr size_t panel_size(int panel, int k, Value value) {
        const int step = step_of(value);
        const size_t values = panel * ((k + step - 1) / step * step) * size_of(value);
        switch (value) {
            case Value::Q8_0: return values + panel * (k / BLOCK) * sizeof(uint16_t);
            case Value::INT16: return values + panel * sizeof(float);
            case Value::INT8: return values + panel * (k / INTEGER_BLOCK) * (sizeof(int32_t) + sizeof(float));
            default: return values;
        }
    }

    size_t packed_size(int n, int k, Value value) const {
        return round_up(n, panel) / panel * panel_size(k, value);
    }

    // Returns the bytes needed for a product of `rows` rows with weights of up to k values per row: the
    // rows as integers with their scales, and a panel of weights that are converted for every product.
    size_t product_scratch(int rows, int k, Value value) const {
        const Value multiplied = multiplied_as(value);
        size_t bytes = rows_scratch(rows, k, multiplied);
        if (value != multiplied) {
            bytes += panel_size(k, Value::F32) + panel_size(k, multiplied);
        }
        return bytes;
    }

    static size_t rows_scratch(int rows, int k, Value multiplied) {
        return multiplied == Value::F32
            ? 0
            : round_up(rows * (integer_row(k, multiplied) + integer_blocks(k) * sizeof(float)), 64);
    }

    // Returns the bytes of a row of integers: an odd number of cache lines, like leading_dimension.
    static size_t integer_row(int k, Value multiplied) { return (round_up(k * size_of(multiplied), 64) / 64 | 1) * 64; }

    // An odd number of cache lines, so that rows do not map to the same few cache sets.
    size_t leading_dimension(size_t columns) const {
        const size_t line = 64 / sizeof(float);
        const size_t lines = round_up(round_up(columns, panel), line) / line;
        return (lines | 1) * line;
    }
};

const Kernels & kernels_avx2();
const Kernels & kernels_avx2_int16();
const Kernels & kernels_avx_vnni(); // in INT16
const Kernels & kernels_avx512();
const Kernels & kernels_avx512_vnni(); // in INT16

// Of ARM64; with INT8 weights by SDOT.
const Kernels & kernels_neon();
const Kernels & kernels_neon_int16();
const Kernels & kernels_neon_dot();
const Kernels & kernels_neon_dot_int16();

} // namespace embark
