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
// of them. Every such node can also be computed on its own.
bool may_be_encoder(const ggml_tensor * node);

// Returns the encoder of a graph if all nodes between its first and its last belong to it and only its
// result is used elsewhere.
std::optional<Match> match_encoder(const ggml_cgraph * graph);

} // namespace embark
