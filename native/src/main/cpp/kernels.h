// What an instruction set offers the encoder: products with packed weights, rotary positions,
// attention, layer norm.
//
// Matrices of activations are row-major with a leading dimension that is a whole number of panels,
// so kernels may write whole panels. Their values are f32 or bf16, as the kernels say.
#pragma once

#include <cstddef>
#include <cstdint>

namespace embark {

// Q8_0 is of weights alone: 8 bits each, and for each BLOCK of a row's values a scale in F16.
//
// INT8 is of weights that are multiplied as 8-bit integers. Each INT8_BLOCK of a row is rotated by a
// Hadamard matrix, and so are the activations, which leaves products as they were but spreads what
// stands out (the way of QuaRot, arXiv:2404.00456); then one scale, in F32, will do for a block.
enum class Value { F32, F16, BF16, Q8_0, INT8 };

constexpr int BLOCK = 32;
constexpr int INT8_BLOCK = 128;
constexpr int INT8_STEP = 4; // values of a row that one instruction multiplies
constexpr float INT8_MOST = 127;
constexpr int INT8_BIAS = 128; // added to activations, which the instruction wants unsigned

// Without scales.
constexpr size_t size_of(Value value) {
    return value == Value::F32 ? 4 : value == Value::Q8_0 || value == Value::INT8 ? 1 : 2;
}

inline size_t round_up(size_t n, size_t multiple) {
    return (n + multiple - 1) / multiple * multiple;
}

// A matrix W[n][k] as panels of columns: panel p holds, for each step of k, the values
// W[p * panel ... + panel)[step * pair ... + pair), zero beyond n and k; then, of Q8_0, the scales
// of W[p * panel ... + panel) for each block of k. Of INT8 a step is of INT8_STEP values, k is a whole
// number of blocks, and behind each block stand, for its columns, what INT8_BIAS adds to their sums,
// with a minus (an int32 each), and their scales (an F32 each).
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
    void * scratch; // of Kernels::product_scratch bytes
    bool again; // scratch is as a product of the same rows with weights of the same kind left it
};

// Turns, in each head, the pairs of values (i, i + turned / 2) for i < turned / 2 by the angles of their
// row: rotary positions (RoPE, arXiv:2104.09864) with the pairs of GPT-NeoX.
struct Rotation {
    void * x;
    size_t ld;
    int rows;
    int heads;
    int head_size;
    int turned;
    const float * angles; // [rows][turned]: the cosines of a row's angles, then their sines
};

// Softmax(scale * Q K^T - slope * distance) V of each sequence and head, where a row attends to those of
// its sequence that are at most `window` away; the result takes the place of Q.
struct Attention {
    void * q;
    const void * k;
    const void * v;
    size_t ld;
    int heads;
    int head_size; // a whole number of pairs
    float scale;
    int window;
    const float * slopes; // [heads]; null for none
    const int * starts; // [sequences + 1], in rows
    int sequences;
    void * scratch; // of Kernels::attention_scratch bytes
};

// (x - mean) / sqrt(variance + epsilon) * weight + bias in each row of d values, in f32 and as
// activations; those beyond d become zero.
struct Norm {
    const float * x;
    float * out; // may be x; null where only the copy is wanted
    void * copy; // may be out where activations are f32
    size_t ld;
    int rows;
    int d;
    float epsilon;
    const float * weight;
    const float * bias; // null for none
};

struct Kernels {
    const char * name;
    const char * int8_name; // with weights in INT8; null where they cannot be
    Value activation;
    int panel; // columns
    int pair;  // values of k that a product takes in one step
    void (*multiply)(const Product &);
    void (*turn)(const Rotation &);
    void (*attend)(const Attention &);
    void (*normalize)(const Norm &);
    // n f32 values as activations.
    void (*convert)(const float * from, void * to, size_t n);
    // Bytes for sequences of up to n tokens.
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

    // Bytes for a product of so many rows with weights of up to k values a row: of Q8_0 one panel as
    // activations, of INT8 the rows as integers and the scales of their blocks.
    size_t product_scratch(int rows, int k, Value value) const {
        switch (value) {
            case Value::Q8_0: return panel * round_up(k, pair) * size_of(activation);
            case Value::INT8: return rows * (int8_leading_dimension(k) + k / INT8_BLOCK * sizeof(float));
            default: return 0;
        }
    }

    // Bytes of one block of a panel of INT8 weights.
    static constexpr size_t int8_block_size(int panel) {
        return panel * (INT8_BLOCK + sizeof(int32_t) + sizeof(float));
    }

    static size_t int8_leading_dimension(int k) {
        return (k / 64 | 1) * 64;
    }

    // An odd number of cache lines, so that rows do not fall on the same few sets of the cache.
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
