#include "matcher.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "ggml-impl.h"
#include "weights.h"

namespace embark {

namespace {

bool is_view(const ggml_tensor * t) {
    return t->op == GGML_OP_VIEW || t->op == GGML_OP_RESHAPE || t->op == GGML_OP_PERMUTE;
}

bool is_weight(const ggml_tensor * t) {
    return t->op == GGML_OP_NONE && t->buffer != nullptr && t->buffer->usage == GGML_BACKEND_BUFFER_USAGE_WEIGHTS;
}

bool is_vector(const ggml_tensor * t, int64_t n) {
    return is_weight(t) && t->type == GGML_TYPE_F32 && ggml_backend_buffer_is_host(t->buffer) && t->ne[0] == n
        && ggml_nelements(t) == n && ggml_is_contiguous(t);
}

bool is_matrix(const ggml_tensor * t) {
    return t->type == GGML_TYPE_F32 && ggml_is_contiguous(t) && t->ne[2] == 1 && t->ne[3] == 1;
}

// Walks from a layer's result back to its input and notes each node on the way.
class Reader {
public:
    // The nodes that were part of layers read whole, by how often others of them use each.
    std::unordered_map<const ggml_tensor *, int> uses;
    std::vector<const ggml_tensor *> masks; // of the layers, the last one first
    const ggml_tensor * ids = nullptr;
    const ggml_tensor * positions = nullptr;
    const Kernels * kernels = nullptr;
    int heads = 0;
    float most_bias = 0; // of ALiBi

    // The layer with norms last whose result is t, and in `in` what it was computed from.
    bool layer_with_norms_last(const ggml_tensor * t, Layer & layer, const ggml_tensor *& in) {
        const ggml_tensor * sum;
        const ggml_tensor * down;
        const ggml_tensor * attended;
        const ggml_tensor * from;
        const ggml_tensor * output;
        return norm(t, layer.last_norm.emplace(), sum) && add(sum, down, attended)
            && feed_forward(down, layer, from) && from == attended && norm(attended, layer.middle_norm, sum)
            && add(sum, output, in) && kept(output, in) && attention(output, layer, from) && from == in;
    }

    // The same with norms first.
    bool layer_with_norms_first(const ggml_tensor * t, Layer & layer, const ggml_tensor *& in) {
        const ggml_tensor * down;
        const ggml_tensor * sum;
        const ggml_tensor * from;
        const ggml_tensor * attended;
        const ggml_tensor * output;
        if (!add(t, down, sum) || !feed_forward(down, layer, from) || !norm(from, layer.middle_norm, attended)
            || attended != sum || !add(sum, output, in) || !kept(output, in) || !attention(output, layer, from)) {
            return false;
        }
        return from == in || (norm(from, layer.first_norm.emplace(), from) && from == in);
    }

private:
    void note(const ggml_tensor * t) {
        if (!uses.emplace(t, 0).second) {
            return;
        }
        for (const ggml_tensor * source : t->src) {
            if (source != nullptr) {
                sources.push_back(source);
            }
        }
    }

    bool is(const ggml_tensor * t, ggml_op op) {
        if (t->op != op) {
            return false;
        }
        note(t);
        return true;
    }

    bool add(const ggml_tensor * t, const ggml_tensor *& a, const ggml_tensor *& b) {
        a = t->src[0];
        b = t->src[1];
        return is(t, GGML_OP_ADD) && is_matrix(t) && ggml_are_same_shape(a, b) && is_matrix(a) && is_matrix(b);
    }

    bool norm(const ggml_tensor * t, LayerNorm & norm, const ggml_tensor *& in) {
        norm.bias = nullptr;
        if (is(t, GGML_OP_ADD)) {
            if (!is_vector(t->src[1], t->ne[0])) {
                return false;
            }
            norm.bias = static_cast<const float *>(t->src[1]->data);
            t = t->src[0];
        }
        if (!is(t, GGML_OP_MUL) || !is_vector(t->src[1], t->ne[0]) || !is(t->src[0], GGML_OP_NORM)) {
            return false;
        }
        in = t->src[0]->src[0];
        norm.weight = static_cast<const float *>(t->src[1]->data);
        norm.epsilon = ggml_get_op_params_f32(t->src[0], 0);
        return true;
    }

    bool linear(const ggml_tensor * t, Linear & linear, const ggml_tensor *& in) {
        linear.bias = nullptr;
        if (t->op == GGML_OP_ADD) {
            note(t);
            if (!is_vector(t->src[1], t->ne[0])) {
                return false;
            }
            linear.bias = static_cast<const float *>(t->src[1]->data);
            t = t->src[0];
        }
        if (!is(t, GGML_OP_MUL_MAT) || !is_packed(t->src[0]) || !is_matrix(t->src[1])) {
            return false;
        }
        const Kernels & own = kernels_of(t->src[0]);
        if (kernels != nullptr && kernels != &own) {
            return false;
        }
        kernels = &own;
        linear.weights = packed(t->src[0]);
        in = t->src[1];
        return true;
    }

    // down(activation(up(from))) or down(activation(gate(from)) * up(from)), where one product may make both.
    bool feed_forward(const ggml_tensor * t, Layer & layer, const ggml_tensor *& from) {
        layer.gate.reset();
        if (!linear(t, layer.down, t)) {
            return false;
        }
        if (t->op == GGML_OP_UNARY) {
            note(t);
            layer.activation = Activation::GELU;
            return ggml_get_unary_op(t) == GGML_UNARY_OP_GELU && linear(t->src[0], layer.up, from);
        }
        const bool is_swapped = ggml_get_op_params_i32(t, 1) != 0;
        if (!is(t, GGML_OP_GLU) || is_swapped) {
            return false;
        }
        const ggml_glu_op op = ggml_get_glu_op(t);
        layer.activation = op == GGML_GLU_OP_GEGLU ? Activation::GELU : Activation::SILU;
        if ((op != GGML_GLU_OP_GEGLU && op != GGML_GLU_OP_SWIGLU) || !linear(t->src[0], layer.gate.emplace(), from)) {
            return false;
        }
        if (t->src[1] == nullptr) {
            const Linear both = *layer.gate;
            const int half = both.weights.n / 2;
            return columns(both, 0, half, *layer.gate) && columns(both, half, half, layer.up);
        }
        const ggml_tensor * from_too;
        return linear(t->src[1], layer.up, from_too) && from_too == from;
    }

    // The last layer goes on with the rows of `ids` alone.
    bool kept(const ggml_tensor *& output, const ggml_tensor *& in) {
        if (output->op != GGML_OP_GET_ROWS) {
            return true;
        }
        if (ids != nullptr || !is(in, GGML_OP_GET_ROWS) || !is(output, GGML_OP_GET_ROWS)) {
            return false;
        }
        ids = output->src[1];
        if (in->src[1] != ids || ids->op != GGML_OP_NONE) {
            return false;
        }
        output = output->src[0];
        in = in->src[0];
        return true;
    }

    const ggml_tensor * behind_views(const ggml_tensor * t) {
        while (is_view(t)) {
            note(t);
            t = t->src[0];
        }
        return t;
    }

    struct Heads {
        Linear projection;
        std::optional<Rotary> rotary;
    };

    // [head_size, rows, heads], seen from head_size * heads columns of a matrix.
    bool heads_of(const ggml_tensor * t, const ggml_tensor * attention, Heads & heads, const ggml_tensor *& from) {
        const int64_t head_size = attention->ne[0];
        const int64_t width = head_size * attention->ne[1];
        if (t->type != GGML_TYPE_F32 || t->ne[0] != head_size || t->ne[1] != attention->ne[2]
            || t->ne[2] != attention->ne[1] || t->ne[3] != 1 || t->nb[2] != head_size * sizeof(float)) {
            return false;
        }
        const ggml_tensor * seen = t;
        size_t row_bytes = t->nb[1];
        t = behind_views(t);
        if (t->op == GGML_OP_ROPE) {
            if (!rope(t, heads.rotary) || seen->view_offs != 0 || row_bytes != width * sizeof(float)
                || t->src[0]->type != GGML_TYPE_F32 || t->src[0]->nb[1] != head_size * sizeof(float)) {
                return false;
            }
            seen = t->src[0];
            row_bytes = seen->nb[2];
            t = behind_views(seen);
        }
        Linear product;
        return linear(t, product, from) && is_matrix(t) && row_bytes == t->nb[1]
            && columns(product, seen->view_offs / sizeof(float), width, heads.projection);
    }

    // Those of a product that makes several things at once.
    bool columns(const Linear & all, int64_t first, int64_t count, Linear & some) {
        some = all;
        if (first == 0 && count == all.weights.n) {
            return true;
        }
        if (first % kernels->panel != 0 || count % kernels->panel != 0 || first + count > all.weights.n) {
            return false;
        }
        const size_t panels = first / kernels->panel;
        some.weights.data = static_cast<const char *>(all.weights.data)
            + panels * kernels->panel_size(all.weights.k, all.weights.value);
        some.weights.n = static_cast<int>(count);
        some.bias = all.bias == nullptr ? nullptr : all.bias + first;
        return true;
    }

    bool rope(const ggml_tensor * t, std::optional<Rotary> & rotary) {
        note(t);
        const ggml_tensor * own_positions = t->src[1];
        const int turned = ggml_get_op_params_i32(t, 1);
        const int mode = ggml_get_op_params_i32(t, 2);
        const float base = ggml_get_op_params_f32(t, 5);
        const float scale = ggml_get_op_params_f32(t, 6);
        const float extrapolation = ggml_get_op_params_f32(t, 7);
        const float magnitude = ggml_get_op_params_f32(t, 8);
        const bool plain = mode == GGML_ROPE_TYPE_NEOX && extrapolation == 0.0f && magnitude == 1.0f
            && t->src[2] == nullptr && t->type == GGML_TYPE_F32 && ggml_is_contiguous(t);
        if (!plain || turned < 2 || turned % 2 != 0 || turned > t->ne[0] || own_positions->op != GGML_OP_NONE
            || own_positions->type != GGML_TYPE_I32 || (positions != nullptr && positions != own_positions)) {
            return false;
        }
        positions = own_positions;
        rotary = Rotary{ turned, base, scale };
        return true;
    }

    // output(attention), whose queries, keys and values are made of `from`.
    bool attention(const ggml_tensor * t, Layer & layer, const ggml_tensor *& from) {
        if (!linear(t, layer.output, t) || !is(t, GGML_OP_RESHAPE) || !is(t->src[0], GGML_OP_FLASH_ATTN_EXT)) {
            return false;
        }
        const ggml_tensor * attention = t->src[0];
        const ggml_tensor * key = attention->src[1];
        const ggml_tensor * value = attention->src[2];
        const ggml_tensor * mask = attention->src[3];
        const float * parameters = reinterpret_cast<const float *>(attention->op_params);
        layer.scale = parameters[0];
        const bool plain = parameters[2] == 0.0f && attention->src[4] == nullptr;
        if (!plain || mask == nullptr || mask->op != GGML_OP_NONE || mask->type != GGML_TYPE_F16
            || !is(key, GGML_OP_CPY) || !is(value, GGML_OP_CPY)
            || (heads != 0 && (heads != attention->ne[1] || most_bias != parameters[1]))) {
            return false;
        }
        masks.push_back(mask);
        heads = static_cast<int>(attention->ne[1]);
        most_bias = parameters[1];
        Heads queries;
        Heads keys;
        Heads values;
        const ggml_tensor * of_keys;
        const ggml_tensor * of_values;
        if (!heads_of(attention->src[0], attention, queries, from) || !heads_of(key->src[0], attention, keys, of_keys)
            || !heads_of(value->src[0], attention, values, of_values) || of_keys != from || of_values != from
            || queries.rotary != keys.rotary || values.rotary) {
            return false;
        }
        layer.query = queries.projection;
        layer.key = keys.projection;
        layer.value = values.projection;
        layer.rotary = queries.rotary;
        return true;
    }

public:
    std::vector<const ggml_tensor *> sources;

    // Counts, once all layers are read, how often they use each of their own nodes.
    void count_uses() {
        for (const ggml_tensor * source : sources) {
            auto found = uses.find(source);
            if (found != uses.end()) {
                found->second++;
            }
        }
    }
};

// As ggml has them: powers of one base for as many heads as the largest power of two, then the odd powers
// of its root.
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

// Reads the layers up to the one whose result is t, and returns what the first was computed from.
const ggml_tensor * read_layers(const ggml_tensor * t, Reader & reader, Encoder & encoder) {
    for (;;) {
        // What is noted while a layer is refused must not count as part of the encoder.
        Reader next = reader;
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

// [first, end) of the nodes that were read, if they have no other node between them.
bool find_range(const ggml_cgraph * graph, const Reader & reader, Match & match) {
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

bool fits(const Match & match, const Reader & reader) {
    const int d = match.encoder.d;
    const int64_t rows = match.in->ne[1];
    bool fits = is_matrix(match.in) && is_matrix(match.out) && match.out->ne[0] == d && match.out->ne[1] == rows
        && d % match.encoder.heads == 0 && d / match.encoder.heads % match.encoder.kernels->pair == 0
        && (reader.positions == nullptr || ggml_nelements(reader.positions) == rows);
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

bool may_be_encoder(const ggml_tensor * node) {
    switch (node->op) {
        case GGML_OP_MUL_MAT:
            return is_packed(node->src[0]) && is_matrix(node->src[1]) && is_matrix(node);
        case GGML_OP_ADD:
        case GGML_OP_MUL:
        case GGML_OP_NORM:
        case GGML_OP_UNARY:
        case GGML_OP_GLU:
        case GGML_OP_ROPE:
        case GGML_OP_CPY:
        case GGML_OP_FLASH_ATTN_EXT:
        case GGML_OP_GET_ROWS:
        case GGML_OP_VIEW:
        case GGML_OP_RESHAPE:
        case GGML_OP_PERMUTE:
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
        Reader reader;
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
