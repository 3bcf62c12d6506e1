// A BERT encoder: layers of attention and feed-forward, each with its norm after it.
#pragma once

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

struct Layer {
    Linear query;
    Linear key;
    Linear value;
    Linear output;
    LayerNorm attention_norm;
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

// Computes out[rows][d] from in[rows][d], both f32 without gaps, which may be the same memory.
// starts[sequences + 1] are the first rows of the sequences. is_cancelled(data) is asked before
// each layer.
Run run(const Encoder & encoder, const float * in, int rows, const std::vector<int> & starts, float * out,
        Workspace & workspace, bool (*is_cancelled)(void * data), void * data);

} // namespace embark
