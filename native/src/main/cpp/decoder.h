// Products of decoders with quantised weights, one node of a graph at a time.
#pragma once

#include "encoder.h"
#include "ggml-backend-impl.h"
#include "quantized.h"

namespace embark {

// Lets the calling thread use these products in the graphs that it builds from now on, or not. The results are those of
// ggml, so this is a matter of speed.
void use_quantized_products(bool use);

// True if a node is a product that is computed here for this thread: faster than ggml with this number of rows.
bool is_wanted_product(const ggml_tensor * node);

// True if a node is a product that can be computed here.
bool is_quantized_product(const ggml_tensor * node);

// Computes products. Keeps the rows of the last one as integers, because several products have the same rows.
class QuantizedProducts {
public:
    ggml_status multiply(ggml_tensor * node);
    // Call before the nodes of another graph.
    void forget() { rows = nullptr; }

private:
    Workspace workspace;
    const ggml_tensor * rows = nullptr;
    int activations = -1;
};

} // namespace embark
