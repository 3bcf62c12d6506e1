// Weights in dedicated memory, packed when the model is loaded and shared by all its contexts.
#pragma once

#include "choice.h"
#include "ggml-backend-impl.h"

namespace embark {

// Returns the buffer type for the weights of a model at this precision; null if the machine has no kernels.
ggml_backend_buffer_type_t weights_buffer_type(Precision precision);
// Sets the device of the buffer types; called once, before any of them is requested.
void set_weights_device(ggml_backend_dev_t device);

// True if the data of a tensor is packed for kernels_of(tensor).
bool is_packed(const ggml_tensor * tensor);
const Kernels & kernels_of(const ggml_tensor * tensor);
Packed packed(const ggml_tensor * tensor);

// Packs the f32, f16, bf16 or Q8_0 rows[first ... first + count) of a matrix [n][k], or unpacks them.
void pack_rows(const Kernels & kernels, const Packed & matrix, int first, int count, ggml_type type, const void * rows);
void unpack_rows(const Kernels & kernels, const Packed & matrix, int first, int count, ggml_type type, void * rows);

} // namespace embark
