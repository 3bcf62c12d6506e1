#include "decoder.h"

#include "ggml-impl.h"

namespace embark {

namespace {

// For fewer rows ggml's kernels are as fast or faster. It multiplies types without a minimum four rows at a time.
constexpr int LEAST_ROWS = 8;
constexpr int LEAST_ROWS_WITH_MINIMUM = 2;

thread_local bool are_products_wanted = false;

bool has_minimum(ggml_type type) {
    return type == GGML_TYPE_Q4_1 || type == GGML_TYPE_Q5_1;
}

bool is_plain_matrix(const ggml_tensor * t) {
    return t->ne[2] == 1 && t->ne[3] == 1 && t->nb[0] == ggml_type_size(t->type) && t->nb[1] >= ggml_row_size(t->type, t->ne[0]);
}

} // namespace

void use_quantized_products(bool use) {
    are_products_wanted = use;
}

bool is_quantized_product(const ggml_tensor * node) {
    const QuantizedKernels * kernels = quantized_kernels();
    if (kernels == nullptr || node->op != GGML_OP_MUL_MAT || ggml_get_op_params_i32(node, 1) != 0) {
        return false;
    }
    const ggml_tensor * weights = node->src[0];
    const ggml_tensor * in = node->src[1];
    return kernels->activations(weights->type, weights->ne[0]) >= 0 && weights->op == GGML_OP_NONE
        && weights->buffer != nullptr && ggml_backend_buffer_is_host(weights->buffer)
        && ggml_is_contiguous(weights) && is_plain_matrix(weights) && in->type == GGML_TYPE_F32 && is_plain_matrix(in)
        && in->nb[1] % sizeof(float) == 0 && node->type == GGML_TYPE_F32 && is_plain_matrix(node);
}

bool is_wanted_product(const ggml_tensor * node) {
    return are_products_wanted && is_quantized_product(node)
        && node->ne[1] >= (has_minimum(node->src[0]->type) ? LEAST_ROWS_WITH_MINIMUM : LEAST_ROWS);
}

ggml_status QuantizedProducts::multiply(ggml_tensor * node) {
    const QuantizedKernels & kernels = *quantized_kernels();
    const ggml_tensor * weights = node->src[0];
    const ggml_tensor * in = node->src[1];
    const int k = static_cast<int>(weights->ne[0]);
    const int count = static_cast<int>(in->ne[1]);
    void * scratch = workspace.of(kernels.scratch(weights->type, count, k));
    if (scratch == nullptr) {
        return GGML_STATUS_ALLOC_FAILED;
    }
    const bool again = in == rows && kernels.activations(weights->type, k) == activations;
    kernels.multiply({ weights->type, weights->data, static_cast<int>(weights->ne[1]), k, static_cast<const float *>(in->data),
                       in->nb[1] / sizeof(float), count, static_cast<float *>(node->data), node->nb[1] / sizeof(float), scratch,
                       again });
    rows = in;
    activations = kernels.activations(weights->type, k);
    return GGML_STATUS_SUCCESS;
}

} // namespace embark
