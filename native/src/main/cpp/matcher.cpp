#include "matcher.h"

#include <algorithm>
#include <cmath>

#include "ggml-impl.h"
#include "layer_reader.h"
#include "weights.h"

namespace embark {

namespace {

// ggml's slopes: powers of one base for the largest power of two of heads, then odd powers of its root.
std::vector<float> slopes_of(float most_bias, int heads) {
    std::vector<float> slopes;
    if (most_bias == 0.0f) {
        return slopes;
    }
    int whole = 1;
    while (2 * whole <= heads) {
        whole *= 2;
    }
    const float base = std::pow(2.0f, -most_bias / whole);
    const float root = std::pow(2.0f, -most_bias / 2 / whole);
    for (int head = 0; head < heads; head++) {
        slopes.push_back(head < whole ? std::pow(base, head + 1) : std::pow(root, 2 * (head - whole) + 1));
    }
    return slopes;
}

// Reads the layers backwards from the one whose result is t and returns the input of the first.
const ggml_tensor * read_layers(const ggml_tensor * t, LayerReader & reader, Encoder & encoder) {
    for (;;) {
        // Nodes recorded for a rejected layer must not count as part of the encoder.
        LayerReader next = reader;
        Layer layer;
        const ggml_tensor * in;
        if (!(encoder.norms_first ? next.layer_with_norms_first(t, layer, in) : next.layer_with_norms_last(t, layer, in))) {
            return t;
        }
        reader = next;
        encoder.layers.push_back(layer);
        t = in;
        if (encoder.norms_first && !layer.first_norm) {
            return t;
        }
    }
}

int uses_in(const ggml_cgraph * graph, const ggml_tensor * t) {
    const size_t at = ggml_hash_find(&graph->visited_hash_set, t);
    return ggml_bitset_get(graph->visited_hash_set.used, at) ? graph->use_counts[at] : 0;
}

// Finds the range [first, end) of the nodes that were read; false if other nodes are between them.
bool find_range(const ggml_cgraph * graph, const LayerReader & reader, Match & match) {
    match.first = -1;
    for (int i = 0; i < graph->n_nodes; i++) {
        const ggml_tensor * node = graph->nodes[i];
        const bool own = reader.uses.count(node) != 0;
        if (own && match.first < 0) {
            match.first = i;
        }
        if (node == match.out) {
            match.end = i + 1;
            break;
        }
        if (match.first >= 0 && !own && !is_view(node)) {
            return false;
        }
    }
    int own = 0;
    for (int i = match.first; i < match.end; i++) {
        own += reader.uses.count(graph->nodes[i]);
    }
    return own == static_cast<int>(reader.uses.size());
}

// Returns the matrix whose transposed copy a product multiplies, which is how llama.cpp writes mean pooling, or null.
// It is an output, so that its memory is not reused for the product.
const ggml_tensor * pooled_rows(const ggml_tensor * node) {
    const ggml_tensor * copy = node->op == GGML_OP_MUL_MAT ? node->src[0] : nullptr;
    const ggml_tensor * turned = copy != nullptr && copy->op == GGML_OP_CONT ? copy->src[0] : nullptr;
    const ggml_tensor * rows = turned != nullptr && turned->op == GGML_OP_TRANSPOSE ? turned->src[0] : nullptr;
    const bool pools = rows != nullptr && (rows->flags & GGML_TENSOR_FLAG_OUTPUT) != 0 && is_matrix(rows)
        && is_matrix(copy) && is_matrix(node->src[1]) && is_matrix(node);
    return pools ? rows : nullptr;
}

bool is_sum_of_embeddings(const ggml_tensor * t) {
    return t->op == GGML_OP_GET_ROWS ? t->src[0]->op == GGML_OP_NONE
                                     : t->op == GGML_OP_ADD && is_sum_of_embeddings(t->src[0]);
}

bool fits(const Match & match, const LayerReader & reader) {
    const int d = match.encoder.d;
    const int64_t rows = match.in->ne[1];
    bool fits = is_matrix(match.in) && is_matrix(match.out) && match.out->ne[0] == d && match.out->ne[1] == rows
        && d % match.encoder.heads == 0 && (reader.positions == nullptr || ggml_nelements(reader.positions) == rows);
    for (const ggml_tensor * mask : match.masks) {
        fits = fits && mask->ne[0] == rows && mask->ne[1] == rows && ggml_nelements(mask) == rows * rows;
    }
    for (const Layer & layer : match.encoder.layers) {
        fits = fits && layer.query.weights.k == d && layer.up.weights.n == layer.down.weights.k && layer.down.weights.n == d
            && layer.output.weights.n == d && layer.output.weights.k == d && layer.up.weights.k == d
            && (!layer.gate || (layer.gate->weights.n == layer.up.weights.n && layer.gate->weights.k == d))
            && layer.query.weights.n == d && layer.key.weights.n == d && layer.value.weights.n == d;
    }
    return fits;
}

} // namespace

std::optional<Normalization> normalization_at(const ggml_cgraph * graph, int node) {
    if (graph->nodes[node]->op != GGML_OP_NORM) {
        return std::nullopt;
    }
    for (int last : { node + 2, node + 1 }) { // with and without a bias
        Normalization all = {};
        bool is_norm = last < graph->n_nodes && is_matrix(graph->nodes[last])
            && LayerReader().norm(graph->nodes[last], all.norm, all.in) && is_matrix(all.in);
        for (int i = last; is_norm && i > node; i--) {
            is_norm = graph->nodes[i]->src[0] == graph->nodes[i - 1] && ggml_node_has_n_uses(graph, i - 1, 1);
        }
        if (is_norm) {
            all.out = graph->nodes[last];
            all.nodes = last - node + 1;
            return all;
        }
    }
    return std::nullopt;
}

std::optional<MeanPooling> pooling_at(const ggml_cgraph * graph, int node) {
    ggml_tensor * product = node + 1 < graph->n_nodes ? graph->nodes[node + 1] : nullptr;
    if (product == nullptr || pooled_rows(product) == nullptr || product->src[0] != graph->nodes[node]
        || !ggml_node_has_n_uses(graph, node, 1)) {
        return std::nullopt;
    }
    return MeanPooling{ pooled_rows(product), product->src[1], product };
}

bool may_be_encoder(const ggml_tensor * node) {
    switch (node->op) {
        case GGML_OP_MUL_MAT:
            return pooled_rows(node) != nullptr
                ? may_be_encoder(pooled_rows(node))
                : is_packed(node->src[0]) && is_matrix(node->src[1]) && is_matrix(node);
        case GGML_OP_NORM:
            return may_be_encoder(node->src[0]) || is_sum_of_embeddings(node->src[0]);
        case GGML_OP_ADD:
        case GGML_OP_MUL:
        case GGML_OP_UNARY:
        case GGML_OP_GLU:
        case GGML_OP_ROPE:
        case GGML_OP_CPY:
        case GGML_OP_FLASH_ATTN_EXT:
        case GGML_OP_GET_ROWS:
        case GGML_OP_VIEW:
        case GGML_OP_RESHAPE:
        case GGML_OP_PERMUTE:
        case GGML_OP_TRANSPOSE:
        case GGML_OP_CONT:
            return node->src[0] != nullptr && may_be_encoder(node->src[0]);
        default:
            return false;
    }
}

std::optional<Match> match_encoder(const ggml_cgraph * graph) {
    for (int i = graph->n_nodes - 1; i >= 0; i--) {
        const ggml_tensor * t = graph->nodes[i];
        if (t->op != GGML_OP_ADD) {
            continue;
        }
        LayerReader reader;
        Match match = {};
        for (const bool norms_first : { false, true }) {
            if (match.encoder.layers.empty()) {
                match.encoder.norms_first = norms_first;
                t = read_layers(graph->nodes[i], reader, match.encoder);
            }
        }
        if (match.encoder.layers.empty()) {
            continue;
        }
        std::reverse(match.encoder.layers.begin(), match.encoder.layers.end());
        match.encoder.kernels = reader.kernels;
        match.encoder.d = static_cast<int>(t->ne[0]);
        match.encoder.heads = reader.heads;
        match.encoder.slopes = slopes_of(reader.most_bias, reader.heads);
        match.in = t;
        match.masks = { reader.masks.rbegin(), reader.masks.rend() };
        match.positions = reader.positions;
        match.ids = reader.ids;
        match.out = graph->nodes[i];
        if (!fits(match, reader) || !find_range(graph, reader, match)) {
            return std::nullopt;
        }
        reader.count_uses();
        for (const auto & [node, count] : reader.uses) {
            const bool inner = node != match.out;
            if (inner && ((node->flags & GGML_TENSOR_FLAG_OUTPUT) != 0 || uses_in(graph, node) != count)) {
                return std::nullopt;
            }
        }
        return match;
    }
    return std::nullopt;
}

} // namespace embark
