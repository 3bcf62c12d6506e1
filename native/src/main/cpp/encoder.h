// A BERT encoder or one of its descendants: layers of attention and feed-forward, with the norms of a
// layer after both or before both.
#pragma once

#include <climits>
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
    const float * bias; // null for none
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

enum class Activation { GELU, SILU };

struct Layer {
    std::optional<LayerNorm> first_norm; // of what attention starts from
    Linear query;
    Linear key;
    Linear value;
    std::optional<Rotary> rotary; // of queries and keys
    float scale; // of attention
    int window = INT_MAX;
    Linear output;
    LayerNorm middle_norm;
    Activation activation;      // of the gate, or of up where there is none
    std::optional<Linear> gate; // what up is multiplied by
    Linear up;
    Linear down;
    std::optional<LayerNorm> last_norm; // of the result
};

struct Encoder {
    const Kernels * kernels;
    // Norms are for what comes next alone, and the residual goes past them: then a layer has the first
    // norm, which the first layer may lack, and not the last. Else it has the last and not the first.
    bool norms_first;
    int d;
    int heads;
    std::vector<float> slopes; // of the heads (ALiBi, arXiv:2108.12409); empty for none
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
