// Finds an encoder in a graph of llama.cpp.
#pragma once

#include <optional>

#include "encoder.h"
#include "ggml-backend-impl.h"

namespace embark {

// An encoder that is the nodes [first, end) of a graph.
struct Match {
    Encoder encoder;
    const ggml_tensor * in;  // [rows][d]
    std::vector<const ggml_tensor *> masks; // of each layer
    const ggml_tensor * positions; // null where the encoder is not rotary
    const ggml_tensor * ids; // the rows that are kept after the last attention; null for all
    ggml_tensor * out;       // [rows][d]
    int first;
    int end;
};

// Whether a node may be part of an encoder with packed weights: what is computed from a product
// with one of them. Any node for which this is true can also be computed by itself.
bool may_be_encoder(const ggml_tensor * node);

// The encoder in a graph, if every node between its first and its last belongs to it and nothing
// but its result is used elsewhere.
std::optional<Match> match_encoder(const ggml_cgraph * graph);

} // namespace embark
