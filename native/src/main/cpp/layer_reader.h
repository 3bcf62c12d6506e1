// Reads the layers of an encoder from a llama.cpp graph, from a layer's result back to its input.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "encoder.h"
#include "ggml-backend-impl.h"

namespace embark {

// True for a reshape, permutation or slice of another tensor without a copy.
bool is_view(const ggml_tensor * t);
// True for contiguous rows of f32.
bool is_matrix(const ggml_tensor * t);

class LayerReader {
public:
    // The nodes read so far, with the number of uses of each by the others.
    std::unordered_map<const ggml_tensor *, int> uses;
    std::vector<const ggml_tensor *> masks; // one per layer, last layer first
    const ggml_tensor * ids = nullptr;
    const ggml_tensor * positions = nullptr;
    const Kernels * kernels = nullptr;
    int heads = 0;
    float most_bias = 0; // maximum bias of ALiBi

    // Reads the post-norm layer whose result is t; `in` receives its input. On failure some of its nodes
    // have already been recorded.
    bool layer_with_norms_last(const ggml_tensor * t, Layer & layer, const ggml_tensor *& in);
    // Same for a pre-norm layer.
    bool layer_with_norms_first(const ggml_tensor * t, Layer & layer, const ggml_tensor *& in);

    // Reads the norm whose result is t.
    bool norm(const ggml_tensor * t, LayerNorm & norm, const ggml_tensor *& in);

    // Counts the uses; call after all layers are read.
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
    bool linear(const ggml_tensor * t, Linear & linear, const ggml_tensor *& in);
    // Selects columns of a product that computes several results at once.
    bool columns(const Linear & all, int64_t first, int64_t count, Linear & some);
    // down(activation(up(from))) or down(activation(gate(from)) * up(from)), where one product may compute
    // both gate and up.
    bool feed_forward(const ggml_tensor * t, Layer & layer, const ggml_tensor *& from);
    // output(attention), with queries, keys and values computed from `from`.
    bool attention(const ggml_tensor * t, Layer & layer, const ggml_tensor *& from);
    // A [head_size, rows, heads] view of head_size * heads columns of a matrix.
    bool heads_of(const ggml_tensor * t, const ggml_tensor * attention, Heads & heads, const ggml_tensor *& from);
    bool rope(const ggml_tensor * t, std::optional<Rotary> & rotary);
    // Handles the last layer, which continues with the rows of `ids` only.
    bool kept(const ggml_tensor *& output, const ggml_tensor *& in);

    std::vector<const ggml_tensor *> sources;
};

} // namespace embark
