// Weights in memory of our own, packed when the model is loaded and shared by all of its contexts.
#pragma once

#include "choice.h"
#include "ggml-backend-impl.h"

namespace embark {

// Where the weights of a model of this precision go; null where the machine has no kernels.
ggml_backend_buffer_type_t weights_buffer_type(Precision precision);
// The device that the buffer types belong to; set once, before one is asked for.
void set_weights_device(ggml_backend_dev_t device);

// Whether a tensor's data is packed, for kernels_of(tensor).
bool is_packed(const ggml_tensor * tensor);
const Kernels & kernels_of(const ggml_tensor * tensor);
Packed packed(const ggml_tensor * tensor);

// Packs f32, f16, bf16 or Q8_0 rows[first ... first + count) of a matrix [n][k], and gives them back.
void pack_rows(const Kernels & kernels, const Packed & matrix, int first, int count, ggml_type type, const void * rows);
void unpack_rows(const Kernels & kernels, const Packed & matrix, int first, int count, ggml_type type, void * rows);

} // namespace embark
