#include "encoder.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace embark {

namespace {

const size_t ALIGNMENT = 64;

// Rows per pass through the feed-forward layers, which bounds the memory between its two products. Of 96,
// 192, 384 and all rows, larger was faster (MiniLM, Zen 4), the last two equally so.
const int CHUNK_ROWS = 384;

struct Buffers {
    float * x;   // the residual stream, f32
    float * normal; // x normalised, for pre-norm; otherwise x itself
    float * query; // of some heads, like key and value
    float * key;
    float * value;
    float * hidden; // of one chunk and some columns
    char * scratch; // of products of x
    char * value_scratch; // of the product for values, if it differs
    char * attention_scratch;
    char * output_scratch; // of the product that follows attention
    char * hidden_scratch; // of the product that follows hidden
    float * angles; // of Rotation
    size_t ld;
    size_t heads_ld;
    size_t hidden_ld;
};

// Returns whether a product can reuse the scratch of the other.
bool are_alike(const Linear & a, const Linear & b) {
    return a.weights.value == b.weights.value;
}

// What follows attention, and the values between the two products of a layer, become integers. If they are
// computed some columns at a time, only these are kept as f32, in a lower level of the cache.

bool are_integers(const Encoder & encoder, const Linear & linear) {
    return encoder.kernels->multiplied_as(linear.weights.value) != Value::F32;
}

bool is_by_heads(const Encoder & encoder, const Layer & layer) {
    return are_integers(encoder, layer.output) && are_alike(layer.query, layer.key)
        && INTEGER_BLOCK % (encoder.d / encoder.heads) == 0;
}

int heads_columns(const Encoder & encoder, const Layer & layer) {
    return is_by_heads(encoder, layer) ? std::min(INTEGER_BLOCK, encoder.d) : encoder.d;
}

bool is_by_columns(const Encoder & encoder, const Layer & layer) {
    return are_integers(encoder, layer.down) && (!layer.gate || are_alike(layer.up, *layer.gate));
}

int hidden_columns(const Encoder & encoder, const Layer & layer) {
    return is_by_columns(encoder, layer) ? INTEGER_BLOCK : layer.up.weights.n;
}

int longest(const std::vector<int> & starts) {
    int most = 0;
    for (size_t i = 1; i < starts.size(); i++) {
        most = std::max(most, starts[i] - starts[i - 1]);
    }
    return most;
}

// Bytes of each scratch.
struct Scratches {
    size_t products = 0;
    size_t values = 0;
    size_t attention = 0;
    size_t output = 0;
    size_t hidden = 0;

    size_t all() const { return products + values + attention + output + hidden; }
};

Scratches scratches_of(const Encoder & encoder, int rows, int longest) {
    const Kernels & kernels = *encoder.kernels;
    const int chunk = std::min(rows, CHUNK_ROWS);
    Scratches all;
    const auto include = [&](size_t & scratch, const Linear & linear, int its_rows) {
        const size_t own = kernels.product_scratch(its_rows, linear.weights.k, linear.weights.value);
        scratch = std::max(scratch, round_up(own, ALIGNMENT));
    };
    all.attention = round_up(kernels.attention_scratch(longest, encoder.d / encoder.heads), ALIGNMENT);
    for (const Layer & layer : encoder.layers) {
        include(all.products, layer.query, rows);
        include(all.products, layer.key, rows);
        include(all.products, layer.up, chunk);
        if (layer.gate) {
            include(all.products, *layer.gate, chunk);
        }
        include(all.values, layer.value, rows);
        include(all.output, layer.output, rows);
        include(all.hidden, layer.down, chunk);
    }
    return all;
}

bool lay_out(const Encoder & encoder, const Batch & batch, Workspace & workspace, Buffers & b) {
    const Kernels & kernels = *encoder.kernels;
    const int rows = batch.rows;
    int heads = 0;
    int hidden = 0;
    int turned = 0;
    for (const Layer & layer : encoder.layers) {
        heads = std::max(heads, heads_columns(encoder, layer));
        hidden = std::max(hidden, hidden_columns(encoder, layer));
        turned = std::max(turned, layer.rotary ? layer.rotary->turned : 0);
    }
    b.ld = kernels.leading_dimension(encoder.d);
    b.heads_ld = kernels.leading_dimension(heads);
    b.hidden_ld = kernels.leading_dimension(hidden);
    const size_t matrix = rows * b.ld;
    const size_t of_heads = rows * b.heads_ld;
    const size_t chunk = std::min(rows, CHUNK_ROWS) * b.hidden_ld;
    const size_t angles = static_cast<size_t>(rows) * turned;
    const size_t floats = (encoder.norms_first ? 2 : 1) * matrix + 3 * of_heads + chunk + angles;
    const Scratches scratches = scratches_of(encoder, rows, longest(batch.starts));
    char * memory = workspace.of(floats * sizeof(float) + ALIGNMENT + scratches.all());
    if (memory == nullptr) {
        return false;
    }
    b.x = reinterpret_cast<float *>(memory);
    b.normal = encoder.norms_first ? b.x + matrix : b.x;
    b.query = b.normal + matrix;
    b.key = b.query + of_heads;
    b.value = b.key + of_heads;
    b.hidden = b.value + of_heads;
    b.angles = b.hidden + chunk;
    b.scratch = memory + round_up(floats * sizeof(float), ALIGNMENT);
    b.value_scratch = b.scratch + scratches.products;
    b.attention_scratch = b.value_scratch + scratches.values;
    b.output_scratch = b.attention_scratch + scratches.attention;
    b.hidden_scratch = b.output_scratch + scratches.output;
    return true;
}

// By repeated f32 products like ggml's, so that rounding errors at high positions agree.
void put_angles(const Rotary & rotary, const Batch & batch, float * angles) {
    const int half = rotary.turned / 2;
    const float step = std::pow(rotary.base, -2.0f / rotary.turned);
    for (int row = 0; row < batch.rows; row++) {
        float angle = batch.positions[row];
        for (int i = 0; i < half; i++) {
            angles[i] = std::cos(angle * rotary.scale);
            angles[half + i] = std::sin(angle * rotary.scale);
            angle *= step;
        }
        angles += rotary.turned;
    }
}

void multiply(
    const Encoder & encoder, const Linear & linear, const float * a, size_t a_ld, int rows, Epilogue epilogue, float * out,
    size_t out_ld, void * scratch, bool again = false, int first = 0, int columns = INT_MAX) {
    encoder.kernels->multiply(
        { a, a_ld, rows, linear.weights, linear.bias, epilogue, out, out_ld, scratch, again, first, columns });
}

void normalize(const Encoder & encoder, const LayerNorm & norm, const Buffers & b, int row, int rows) {
    encoder.kernels->normalize(
        { b.x + row * b.ld, b.normal + row * b.ld, b.ld, rows, encoder.d, norm.epsilon, norm.weight, norm.bias });
}

void turn(const Encoder & encoder, const Rotary & rotary, float * x, int columns, const Buffers & b, int rows) {
    const int head_size = encoder.d / encoder.heads;
    encoder.kernels->turn({ x, b.heads_ld, rows, columns / head_size, head_size, rotary.turned, b.angles });
}

// Attention of the heads in the columns [first, first + columns); the result replaces b.query.
void attend_heads(
    const Encoder & encoder, const Layer & layer, const Buffers & b, const Batch & batch, int first, int columns) {
    const int rows = batch.rows;
    const int head_size = encoder.d / encoder.heads;
    const bool again = first > 0;
    multiply(
        encoder, layer.query, b.normal, b.ld, rows, Epilogue::STORE, b.query, b.heads_ld, b.scratch, again, first, columns);
    multiply(
        encoder, layer.key, b.normal, b.ld, rows, Epilogue::STORE, b.key, b.heads_ld, b.scratch,
        are_alike(layer.query, layer.key), first, columns);
    const bool is_own = !are_alike(layer.key, layer.value);
    multiply(
        encoder, layer.value, b.normal, b.ld, rows, Epilogue::STORE, b.value, b.heads_ld,
        is_own ? b.value_scratch : b.scratch, again || !is_own, first, columns);
    if (layer.rotary) {
        turn(encoder, *layer.rotary, b.query, columns, b, rows);
        turn(encoder, *layer.rotary, b.key, columns, b, rows);
    }
    encoder.kernels->attend(
        { b.query, b.key, b.value, b.heads_ld, columns / head_size, head_size, layer.scale, layer.window,
          encoder.slopes.empty() ? nullptr : encoder.slopes.data() + first / head_size, batch.starts.data(),
          static_cast<int>(batch.starts.size()) - 1, b.attention_scratch });
}

void attend(const Encoder & encoder, const Layer & layer, const Buffers & b, const Batch & batch) {
    const int rows = batch.rows;
    if (layer.first_norm) {
        normalize(encoder, *layer.first_norm, b, 0, rows);
    }
    const bool is_quantized = is_by_heads(encoder, layer);
    for (int first = 0; first < encoder.d; first += heads_columns(encoder, layer)) {
        const int columns = std::min(heads_columns(encoder, layer), encoder.d - first);
        attend_heads(encoder, layer, b, batch, first, columns);
        if (is_quantized) {
            encoder.kernels->quantize(
                { b.query, b.heads_ld, rows, first, columns, encoder.d, layer.output.weights.value, b.output_scratch });
        }
    }
    multiply(
        encoder, layer.output, b.query, b.heads_ld, rows, Epilogue::ADD, b.x, b.ld, b.output_scratch, is_quantized);
}

void feed_forward(const Encoder & encoder, const Layer & layer, const Buffers & b, int row, int rows) {
    float * x = b.x + row * b.ld;
    normalize(encoder, layer.middle_norm, b, row, rows);
    const float * from = b.normal + row * b.ld;
    const int hidden = layer.up.weights.n;
    const int columns = hidden_columns(encoder, layer);
    const bool is_quantized = is_by_columns(encoder, layer);
    const Epilogue epilogue = layer.gate ? Epilogue::STORE : Epilogue::STORE_GELU;
    for (int first = 0; first < hidden; first += columns) {
        multiply(
            encoder, layer.up, from, b.ld, rows, epilogue, b.hidden, b.hidden_ld, b.scratch, first > 0, first, columns);
        if (layer.gate) {
            multiply(
                encoder, *layer.gate, from, b.ld, rows,
                layer.activation == Activation::GELU ? Epilogue::GATE_GELU : Epilogue::GATE_SILU, b.hidden, b.hidden_ld,
                b.scratch, are_alike(layer.up, *layer.gate), first, columns);
        }
        if (is_quantized) {
            encoder.kernels->quantize(
                { b.hidden, b.hidden_ld, rows, first, std::min(columns, hidden - first), hidden,
                  layer.down.weights.value, b.hidden_scratch });
        }
    }
    multiply(
        encoder, layer.down, b.hidden, b.hidden_ld, rows, Epilogue::ADD, x, b.ld, b.hidden_scratch, is_quantized);
    if (layer.last_norm) {
        normalize(encoder, *layer.last_norm, b, row, rows);
    }
}

} // namespace

Workspace::~Workspace() {
    std::free(memory);
}

char * Workspace::of(size_t bytes) {
    bytes = round_up(bytes, ALIGNMENT) + ALIGNMENT;
    if (bytes > size) {
        std::free(memory);
        size = 0;
        memory = static_cast<char *>(std::aligned_alloc(ALIGNMENT, bytes));
        if (memory != nullptr) {
            std::memset(memory, 0, bytes);
            size = bytes;
        }
    }
    return memory;
}

Run run(const Encoder & encoder, const Batch & batch, Workspace & workspace, bool (*is_cancelled)(void * data), void * data) {
    Buffers b;
    if (!lay_out(encoder, batch, workspace, b)) {
        return Run::OUT_OF_MEMORY;
    }
    const size_t d = encoder.d;
    const int rows = batch.rows;
    for (int row = 0; row < rows; row++) {
        float * x = b.x + row * b.ld;
        std::memcpy(x, batch.in + row * d, d * sizeof(float));
        std::memset(x + d, 0, (b.ld - d) * sizeof(float));
        if (encoder.norms_first) { // for a first layer without a norm
            std::memcpy(b.normal + row * b.ld, x, b.ld * sizeof(float));
        }
    }
    std::optional<Rotary> angles_of;
    for (const Layer & layer : encoder.layers) {
        if (is_cancelled != nullptr && is_cancelled(data)) {
            return Run::CANCELLED;
        }
        if (layer.rotary && layer.rotary != angles_of) {
            put_angles(*layer.rotary, batch, b.angles);
            angles_of = layer.rotary;
        }
        attend(encoder, layer, b, batch);
        for (int row = 0; row < rows; row += CHUNK_ROWS) {
            feed_forward(encoder, layer, b, row, std::min(CHUNK_ROWS, rows - row));
        }
    }
    for (int row = 0; row < rows; row++) {
        std::memcpy(batch.out + row * d, b.x + row * b.ld, d * sizeof(float));
    }
    return Run::DONE;
}

} // namespace embark
