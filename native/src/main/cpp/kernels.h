// Interface of an instruction set to the encoder: products with packed weights, rotary positions,
// attention, layer norm.
//
// Matrices of activations are row-major with a leading dimension that is a multiple of the panel width, so
// kernels may write whole panels. Their values are f32 or bf16, as the kernels specify.
#pragma once

#include <cstddef>
#include <cstdint>

namespace embark {

// Q8_0 applies to weights only: 8 bits per value, and an F16 scale per BLOCK of a row.
//
// INT8 applies to weights that are multiplied as 8-bit integers. Each INT8_BLOCK of a row, and of the
// activations, is rotated by a Hadamard matrix, which preserves products but spreads outliers (as in
// QuaRot, arXiv:2404.00456), so that one F32 scale per block suffices.
enum class Value { F32, F16, BF16, Q8_0, INT8 };

constexpr int BLOCK = 32;
constexpr int INT8_BLOCK = 128;
constexpr int INT8_STEP = 4; // values of a row that one instruction multiplies
constexpr float INT8_MOST = 127;
constexpr int INT8_BIAS = 128; // added to activations, because the instruction requires unsigned values

// Excluding scales.
constexpr size_t size_of(Value value) {
    return value == Value::F32 ? 4 : value == Value::Q8_0 || value == Value::INT8 ? 1 : 2;
}

inline size_t round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

// A matrix W[n][k] as panels of columns: for each step of k, panel p holds the values W[p * panel ... +
// panel)[step * pair ... + pair), zero beyond n and k. For Q8_0 the scales of W[p * panel ... + panel) for
// each block of k follow. For INT8 a step has INT8_STEP values, k is a multiple of the block size, and each
// block is followed by one int32 per column, which is minus the contribution of INT8_BIAS to the column's
// sum, and one F32 scale per column.
struct Packed {
    const void * data;
    Value value;
    int n;
    int k;
};

enum class Epilogue {
    STORE,      // out = product + bias, as activations
    STORE_GELU, // out = gelu(product + bias), as activations
    GATE_SILU,  // out = out * silu(product + bias), as activations
    GATE_GELU,  // out = out * gelu(product + bias), as activations
    ADD         // out = out + product + bias, as f32
};

// out[rows][n] from a[rows][k] and W[n][k]; bias may be null. Leading dimensions count values.
struct Product {
    const void * a;
    size_t a_ld;
    int rows;
    Packed weights;
    const float * bias;
    Epilogue epilogue;
    void * out;
    size_t out_ld;
    void * scratch; // Kernels::product_scratch bytes
    bool again; // scratch was filled by a product of the same rows with weights of the same kind
};

// Rotates, in each head, the pairs of values (i, i + turned / 2) for i < turned / 2 by the angles of their
// row: rotary positions (RoPE, arXiv:2104.09864) with the pairing of GPT-NeoX.
struct Rotation {
    void * x;
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
    void * q;
    const void * k;
    const void * v;
    size_t ld;
    int heads;
    int head_size; // a multiple of the pair size
    float scale;
    int window;
    const float * slopes; // [heads]; null for none
    const int * starts; // [sequences + 1], in rows
    int sequences;
    void * scratch; // Kernels::attention_scratch bytes
};

// (x - mean) / sqrt(variance + epsilon) * weight + bias for each row of d values, in f32 and as
// activations; values beyond d become zero.
struct Norm {
    const float * x;
    float * out; // may equal x; null if only the copy is needed
    void * copy; // may equal out if activations are f32
    size_t ld;
    int rows;
    int d;
    float epsilon;
    const float * weight;
    const float * bias; // null for none
};

struct Kernels {
    const char * name;
    const char * int8_name; // name with INT8 weights; null if unsupported
    Value activation;
    int panel; // columns
    int pair;  // values of k per step of a product
    void (*multiply)(const Product &);
    void (*turn)(const Rotation &);
    void (*attend)(const Attention &);
    void (*normalize)(const Norm &);
    // Converts n f32 values to activations.
    void (*convert)(const float * from, void * to, size_t n);
    // Returns the bytes needed for sequences of up to n tokens.
    size_t (*attention_scratch)(int n, int head_size);

    size_t panel_size(int k, Value value) const {
        if (value == Value::INT8) {
            return k / INT8_BLOCK * int8_block_size(panel);
        }
        size_t scales = value == Value::Q8_0 ? k / BLOCK * sizeof(uint16_t) : 0;
        return panel * (round_up(k, pair) * size_of(value) + scales);
    }

    size_t packed_size(int n, int k, Value value) const {
        return round_up(n, panel) / panel * panel_size(k, value);
    }

    // Returns the bytes needed for a product of `rows` rows with weights of up to k values per row: for
    // Q8_0 one panel as activations, for INT8 the rows as integers and the scales of their blocks.
    size_t product_scratch(int rows, int k, Value value) const {
        switch (value) {
            case Value::Q8_0: return panel * round_up(k, pair) * size_of(activation);
            case Value::INT8: return rows * (int8_leading_dimension(k) + k / INT8_BLOCK * sizeof(float));
            default: return 0;
        }
    }

    // Returns the bytes of one block of a panel of INT8 weights.
    static constexpr size_t int8_block_size(int panel) {
        return panel * (INT8_BLOCK + sizeof(int32_t) + sizeof(float));
    }

    static size_t int8_leading_dimension(int k) {
        return (k / 64 | 1) * 64;
    }

    // An odd number of cache lines, so that rows do not map to the same few cache sets.
    size_t leading_dimension(size_t columns) const {
        size_t line = 64 / size_of(activation);
        size_t lines = round_up(round_up(columns, panel), line) / line;
        return (lines | 1) * line;
    }
};

const Kernels & kernels_avx2();
const Kernels & kernels_avx512();
const Kernels & kernels_avx512_vnni();
const Kernels & kernels_avx512_bf16();

} // namespace embark
