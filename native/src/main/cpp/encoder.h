// A BERT encoder or a descendant: layers of attention and feed-forward, with the norms of each layer either
// after both or before both.
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
    int turned; // values per head
    float base;
    float scale;

    bool operator!=(const Rotary & other) const {
        return turned != other.turned || base != other.base || scale != other.scale;
    }
};

enum class Activation { GELU, SILU };

struct Layer {
    std::optional<LayerNorm> first_norm; // of the attention input
    Linear query;
    Linear key;
    Linear value;
    std::optional<Rotary> rotary; // of queries and keys
    float scale; // of attention
    int window = INT_MAX;
    Linear output;
    LayerNorm middle_norm;
    Activation activation;      // of the gate, or of up without a gate
    std::optional<Linear> gate; // factor of up
    Linear up;
    Linear down;
    std::optional<LayerNorm> last_norm; // of the result
};

struct Encoder {
    const Kernels * kernels;
    // Pre-norm: norms apply to the following step only and the residual bypasses them. A layer then has a
    // first norm, which the first layer may lack, and no last norm. Otherwise it has a last norm and no
    // first one.
    bool norms_first;
    int d;
    int heads;
    std::vector<float> slopes; // per head (ALiBi, arXiv:2108.12409); empty for none
    std::vector<Layer> layers;
};

// Memory for one run at a time; grows to the size of the largest run.
class Workspace {
public:
    Workspace() = default;
    ~Workspace();
    Workspace(const Workspace &) = delete;
    Workspace & operator=(const Workspace &) = delete;

    // Returns memory that is zeroed on first use; null when out of memory.
    char * of(size_t bytes);

private:
    char * memory = nullptr;
    size_t size = 0;
};

enum class Run { DONE, CANCELLED, OUT_OF_MEMORY };

struct Batch {
    const float * in;          // [rows][d], contiguous
    float * out;               // same shape; may equal in
    int rows;
    std::vector<int> starts;   // [sequences + 1], in rows
    const int32_t * positions; // [rows]; null if the encoder is not rotary
};

// Polls is_cancelled(data) before each layer.
Run run(const Encoder & encoder, const Batch & batch, Workspace & workspace, bool (*is_cancelled)(void * data), void * data);

} // namespace embark
