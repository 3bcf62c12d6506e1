// Reads the layers of an encoder off a graph of llama.cpp, from a layer's result back to its input.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "encoder.h"
#include "ggml-backend-impl.h"

namespace embark {

// Reshaped, permuted or cut out of another without a copy.
bool is_view(const ggml_tensor * t);
// Rows of f32 without gaps.
bool is_matrix(const ggml_tensor * t);

class LayerReader {
public:
    // The nodes that were read, by how often others of them use each.
    std::unordered_map<const ggml_tensor *, int> uses;
    std::vector<const ggml_tensor *> masks; // of the layers, the last one first
    const ggml_tensor * ids = nullptr;
    const ggml_tensor * positions = nullptr;
    const Kernels * kernels = nullptr;
    int heads = 0;
    float most_bias = 0; // of ALiBi

    // The layer with norms last whose result is t, and in `in` what it was computed from. When it is
    // refused, part of it has been noted.
    bool layer_with_norms_last(const ggml_tensor * t, Layer & layer, const ggml_tensor *& in);
    // The same with norms first.
    bool layer_with_norms_first(const ggml_tensor * t, Layer & layer, const ggml_tensor *& in);

    // Counts the uses, once all layers are read.
    void count_uses();

private:
    struct Heads {
        Linear projection;
        std::optional<Rotary> rotary;
    };

    void note(const ggml_tensor * t);
    bool is(const ggml_tensor * t, ggml_op op);
    const ggml_tensor * behind_views(const ggml_tensor * t);

    bool add(const ggml_tensor * t, const ggml_tensor *& a, const ggml_tensor *& b);
    bool norm(const ggml_tensor * t, LayerNorm & norm, const ggml_tensor *& in);
    bool linear(const ggml_tensor * t, Linear & linear, const ggml_tensor *& in);
    // Those of a product that makes several things at once.
    bool columns(const Linear & all, int64_t first, int64_t count, Linear & some);
    // down(activation(up(from))) or down(activation(gate(from)) * up(from)), where one product may make
    // both gate and up.
    bool feed_forward(const ggml_tensor * t, Layer & layer, const ggml_tensor *& from);
    // output(attention), whose queries, keys and values are made of `from`.
    bool attention(const ggml_tensor * t, Layer & layer, const ggml_tensor *& from);
    // [head_size, rows, heads], seen from head_size * heads columns of a matrix.
    bool heads_of(const ggml_tensor * t, const ggml_tensor * attention, Heads & heads, const ggml_tensor *& from);
    bool rope(const ggml_tensor * t, std::optional<Rotary> & rotary);
    // The last layer goes on with the rows of `ids` alone.
    bool kept(const ggml_tensor *& output, const ggml_tensor *& in);

    std::vector<const ggml_tensor *> sources;
};

} // namespace embark
