// Finds an encoder in a llama.cpp graph.
#pragma once

#include <optional>

#include "encoder.h"
#include "ggml-backend-impl.h"

namespace embark {

// An encoder that consists of the nodes [first, end) of a graph.
struct Match {
    Encoder encoder;
    const ggml_tensor * in;  // [rows][d]
    std::vector<const ggml_tensor *> masks; // one per layer
    const ggml_tensor * positions; // null if the encoder is not rotary
    const ggml_tensor * ids; // rows kept after the last attention; null for all
    ggml_tensor * out;       // [rows][d]
    int first;
    int end;
};

// True if a node may belong to an encoder with packed weights, that is if it depends on a product with one
// of them, or to the norm of its embeddings. Every such node can also be computed on its own.
bool may_be_encoder(const ggml_tensor * node);

// A norm of the rows of a matrix.
struct Normalization {
    LayerNorm norm;
    const ggml_tensor * in; // [rows][d]
    ggml_tensor * out;      // same shape; its memory may overlap that of in
    int nodes;
};

// Returns the norm whose steps are a node and those that follow it.
std::optional<Normalization> normalization_at(const ggml_cgraph * graph, int node);

// The sum of the rows of each sequence, times their factors.
struct MeanPooling {
    const ggml_tensor * rows;    // [rows][d]
    const ggml_tensor * factors; // [sequences][rows]
    ggml_tensor * out;           // [sequences][d]
};

// Returns the pooling that starts with a node, a transposed copy of the rows, and ends with the next one, a product
// of it and the factors.
std::optional<MeanPooling> pooling_at(const ggml_cgraph * graph, int node);

// Returns the encoder of a graph if all nodes between its first and its last belong to it and only its
// result is used elsewhere.
std::optional<Match> match_encoder(const ggml_cgraph * graph);

} // namespace embark
