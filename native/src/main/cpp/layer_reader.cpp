#include "layer_reader.h"

#include "ggml-impl.h"
#include "weights.h"

namespace embark {

namespace {

bool is_weight(const ggml_tensor * t) {
    return t->op == GGML_OP_NONE && t->buffer != nullptr && t->buffer->usage == GGML_BACKEND_BUFFER_USAGE_WEIGHTS;
}

bool is_vector(const ggml_tensor * t, int64_t n) {
    return is_weight(t) && t->type == GGML_TYPE_F32 && ggml_backend_buffer_is_host(t->buffer) && t->ne[0] == n
        && ggml_nelements(t) == n && ggml_is_contiguous(t);
}

} // namespace

bool is_view(const ggml_tensor * t) {
    return t->op == GGML_OP_VIEW || t->op == GGML_OP_RESHAPE || t->op == GGML_OP_PERMUTE;
}

bool is_matrix(const ggml_tensor * t) {
    return t->type == GGML_TYPE_F32 && ggml_is_contiguous(t) && t->ne[2] == 1 && t->ne[3] == 1;
}

bool LayerReader::layer_with_norms_last(const ggml_tensor * t, Layer & layer, const ggml_tensor *& in) {
    const ggml_tensor * sum;
    const ggml_tensor * down;
    const ggml_tensor * attended;
    const ggml_tensor * from;
    const ggml_tensor * output;
    return norm(t, layer.last_norm.emplace(), sum) && add(sum, down, attended)
        && feed_forward(down, layer, from) && from == attended && norm(attended, layer.middle_norm, sum)
        && add(sum, output, in) && kept(output, in) && attention(output, layer, from) && from == in;
}

bool LayerReader::layer_with_norms_first(const ggml_tensor * t, Layer & layer, const ggml_tensor *& in) {
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

void LayerReader::note(const ggml_tensor * t) {
    if (!uses.emplace(t, 0).second) {
        return;
    }
    for (const ggml_tensor * source : t->src) {
        if (source != nullptr) {
            sources.push_back(source);
        }
    }
}

bool LayerReader::is(const ggml_tensor * t, ggml_op op) {
    if (t->op != op) {
        return false;
    }
    note(t);
    return true;
}

bool LayerReader::add(const ggml_tensor * t, const ggml_tensor *& a, const ggml_tensor *& b) {
    a = t->src[0];
    b = t->src[1];
    return is(t, GGML_OP_ADD) && is_matrix(t) && ggml_are_same_shape(a, b) && is_matrix(a) && is_matrix(b);
}

bool LayerReader::norm(const ggml_tensor * t, LayerNorm & norm, const ggml_tensor *& in) {
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

bool LayerReader::linear(const ggml_tensor * t, Linear & linear, const ggml_tensor *& in) {
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

bool LayerReader::feed_forward(const ggml_tensor * t, Layer & layer, const ggml_tensor *& from) {
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

bool LayerReader::kept(const ggml_tensor *& output, const ggml_tensor *& in) {
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

const ggml_tensor * LayerReader::behind_views(const ggml_tensor * t) {
    while (is_view(t)) {
        note(t);
        t = t->src[0];
    }
    return t;
}

bool LayerReader::heads_of(const ggml_tensor * t, const ggml_tensor * attention, Heads & heads, const ggml_tensor *& from) {
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

bool LayerReader::columns(const Linear & all, int64_t first, int64_t count, Linear & some) {
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

bool LayerReader::rope(const ggml_tensor * t, std::optional<Rotary> & rotary) {
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

bool LayerReader::attention(const ggml_tensor * t, Layer & layer, const ggml_tensor *& from) {
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

void LayerReader::count_uses() {
    for (const ggml_tensor * source : sources) {
        auto found = uses.find(source);
        if (found != uses.end()) {
            found->second++;
        }
    }
}

} // namespace embark
