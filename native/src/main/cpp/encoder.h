// A BERT encoder: layers of attention and feed-forward, each with its norm after it; its positions are
// part of the input, or rotary, and its feed-forward is GELU or gated by SiLU.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "kernels.h"

namespace embark {

struct Linear {
    Packed weights;
    const float * bias; // null for none
};

struct LayerNorm {
    const float * weight;
    const float * bias;
    float epsilon;
};

// The angle of pair i at a position is position * scale * base^(-2i / turned).
struct Rotary {
    int turned; // values of each head
    float base;
    float scale;

    bool operator!=(const Rotary & other) const {
        return turned != other.turned || base != other.base || scale != other.scale;
    }
};

struct Layer {
    Linear query;
    Linear key;
    Linear value;
    std::optional<Rotary> rotary; // of queries and keys
    Linear output;
    LayerNorm attention_norm;
    std::optional<Linear> gate; // that of SiLU, else up's GELU
    Linear up;
    Linear down;
    LayerNorm output_norm;
    float scale; // of attention
};

struct Encoder {
    const Kernels * kernels;
    int d;
    int heads;
    std::vector<Layer> layers;
};

// The memory of one run at a time; grows to what the largest run needed.
class Workspace {
public:
    Workspace() = default;
    ~Workspace();
    Workspace(const Workspace &) = delete;
    Workspace & operator=(const Workspace &) = delete;

    // Zeroed where it was not used before; null when out of memory.
    char * of(size_t bytes);

private:
    char * memory = nullptr;
    size_t size = 0;
};

enum class Run { DONE, CANCELLED, OUT_OF_MEMORY };

struct Batch {
    const float * in;          // [rows][d] without gaps
    float * out;               // the same; may be in
    int rows;
    std::vector<int> starts;   // [sequences + 1], in rows
    const int32_t * positions; // [rows]; null where the encoder is not rotary
};

// is_cancelled(data) is asked before each layer.
Run run(const Encoder & encoder, const Batch & batch, Workspace & workspace, bool (*is_cancelled)(void * data), void * data);

} // namespace embark
