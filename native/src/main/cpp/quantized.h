// Products with quantised weights in the layout of the model file, for decoders.
//
// A row of the result has the same bits as with ggml's product of that row alone (ggml_vec_dot_* with AVX2), whatever
// the other rows: the integers of a block are exact, and the sums of blocks are added up in the same eight lanes in
// the same order. ggml unpacks the weights for each row; these kernels unpack them once for up to 16 rows.
#pragma once

#include <cstddef>

#include "ggml.h"

namespace embark {

// out[rows][n] from in[rows][k] and the weights [n][k]. Leading dimensions count values.
struct QuantizedProduct {
    ggml_type type; // of the weights
    const void * weights;
    int n;
    int k;
    const float * in;
    size_t in_ld;
    int rows;
    float * out;
    size_t out_ld;
    void * scratch; // QuantizedKernels::scratch bytes, aligned to 64
    bool again; // scratch was filled with the same rows for weights of a type with the same activations()
};

struct QuantizedKernels {
    // Returns what rows are quantised to for weights of a type and this many values per row; -1 if there is no kernel.
    int (*activations)(ggml_type type, int64_t k);
    size_t (*scratch)(ggml_type type, int rows, int k);
    void (*multiply)(const QuantizedProduct & product);
};

// Returns the kernels of this machine, or null.
const QuantizedKernels * quantized_kernels();

const QuantizedKernels & quantized_avx512_vnni();

} // namespace embark
