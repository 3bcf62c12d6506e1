#include "weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "weights_memory.h"

namespace embark {

namespace {

const size_t ALIGNMENT = 64;

// ggml's layout.
struct BlockQ8 {
    uint16_t scale;
    int8_t values[BLOCK];
};

struct Place {
    ggml_backend_buffer_type type;
    const Kernels * kernels;
    const char * name;
    bool int8;
};

const Place * place_of(ggml_backend_buffer_type_t type) {
    return static_cast<const Place *>(type->context);
}

ggml_type ggml_type_of(Value value) {
    switch (value) {
        case Value::F32: return GGML_TYPE_F32;
        case Value::F16: return GGML_TYPE_F16;
        case Value::BF16: return GGML_TYPE_BF16;
        case Value::Q8_0: return GGML_TYPE_Q8_0;
        case Value::INT8: break;
    }
    return GGML_TYPE_COUNT;
}

// Excludes the value projection of attention, a twelfth of all products: with it in 8 bits as well, the
// smallest cosine fell from 0.9993 to 0.9990 (MiniLM), too close to the limit that int8 promises.
bool suits_int8(const ggml_tensor * tensor) {
    return tensor->ne[0] % INT8_BLOCK == 0 && std::strstr(tensor->name, "attn_v") == nullptr;
}

// Products in f32 keep the weights in the type of the file, so that exact needs no more memory than the
// file. 8-bit weights keep their type, too, since any other would take two to four times as much memory.
Value value_for(const Place & place, const ggml_tensor * tensor) {
    if (place.int8 && suits_int8(tensor)) {
        return Value::INT8;
    }
    if (tensor->type == GGML_TYPE_Q8_0) {
        return Value::Q8_0;
    }
    if (place.kernels->activation == Value::BF16 || tensor->type == GGML_TYPE_BF16) {
        return Value::BF16;
    }
    return tensor->type == GGML_TYPE_F16 ? Value::F16 : Value::F32;
}

char * panel_of(const Kernels & kernels, const Packed & matrix, int row) {
    char * data = static_cast<char *>(const_cast<void *>(matrix.data));
    return data + row / kernels.panel * kernels.panel_size(matrix.k, matrix.value);
}

// Offset, in values, of W[row][column] in its panel.
size_t offset_of(const Kernels & kernels, int row, int column) {
    const size_t pair = kernels.pair;
    const size_t panel = kernels.panel;
    return column / pair * panel * pair + row % panel * pair + column % pair;
}

template <typename Element>
void scatter(const Kernels & kernels, const Packed & matrix, int row, const Element * from) {
    Element * to = reinterpret_cast<Element *>(panel_of(kernels, matrix, row));
    for (int column = 0; column < matrix.k; column++) {
        to[offset_of(kernels, row, column)] = from[column];
    }
}

template <typename Element>
void gather(const Kernels & kernels, const Packed & matrix, int row, Element * to) {
    const Element * from = reinterpret_cast<const Element *>(panel_of(kernels, matrix, row));
    for (int column = 0; column < matrix.k; column++) {
        to[column] = from[offset_of(kernels, row, column)];
    }
}

// The scales of a row's blocks, with a stride of kernels.panel.
uint16_t * scales_of(const Kernels & kernels, const Packed & matrix, int row) {
    char * panel = panel_of(kernels, matrix, row) + static_cast<size_t>(matrix.k) * kernels.panel;
    return reinterpret_cast<uint16_t *>(panel) + row % kernels.panel;
}

void scatter_blocks(const Kernels & kernels, const Packed & matrix, int row, const BlockQ8 * from) {
    int8_t * to = reinterpret_cast<int8_t *>(panel_of(kernels, matrix, row));
    uint16_t * scales = scales_of(kernels, matrix, row);
    for (int column = 0; column < matrix.k; column++) {
        to[offset_of(kernels, row, column)] = from[column / BLOCK].values[column % BLOCK];
        scales[column / BLOCK * kernels.panel] = from[column / BLOCK].scale;
    }
}

void gather_blocks(const Kernels & kernels, const Packed & matrix, int row, BlockQ8 * to) {
    const int8_t * from = reinterpret_cast<const int8_t *>(panel_of(kernels, matrix, row));
    const uint16_t * scales = scales_of(kernels, matrix, row);
    for (int column = 0; column < matrix.k; column++) {
        to[column / BLOCK].values[column % BLOCK] = from[offset_of(kernels, row, column)];
        to[column / BLOCK].scale = scales[column / BLOCK * kernels.panel];
    }
}

// Hadamard transform of each block, times a factor; a transform with 1 / INT8_BLOCK inverts one with 1.
void rotate(float * row, int n, float factor) {
    for (int block = 0; block < n; block += INT8_BLOCK) {
        float * x = row + block;
        for (int distance = 1; distance < INT8_BLOCK; distance *= 2) {
            for (int i = 0; i < INT8_BLOCK; i++) {
                if ((i & distance) == 0) {
                    const float a = x[i];
                    const float b = x[i + distance];
                    x[i] = a + b;
                    x[i + distance] = a - b;
                }
            }
        }
        for (int i = 0; i < INT8_BLOCK; i++) {
            x[i] *= factor;
        }
    }
}

// Location of a row's part of a block of INT8 weights.
struct Int8Part {
    int8_t * values; // steps of INT8_STEP values, with a stride of kernels.panel steps
    int32_t * correction;
    float * scale;
};

Int8Part int8_part(const Kernels & kernels, const Packed & matrix, int row, int block) {
    const size_t panel = kernels.panel;
    const size_t column = row % panel;
    char * data = panel_of(kernels, matrix, row) + block * Kernels::int8_block_size(kernels.panel);
    int32_t * corrections = reinterpret_cast<int32_t *>(data + panel * INT8_BLOCK);
    return { reinterpret_cast<int8_t *>(data) + column * INT8_STEP, corrections + column,
             reinterpret_cast<float *>(corrections + panel) + column };
}

size_t int8_offset(const Kernels & kernels, int i) {
    return static_cast<size_t>(i / INT8_STEP) * kernels.panel * INT8_STEP + i % INT8_STEP;
}

// Activations are rotated with a factor of 1.
void pack_int8(const Kernels & kernels, const Packed & matrix, int row, float * values) {
    rotate(values, matrix.k, 1.0f / INT8_BLOCK);
    for (int block = 0; block < matrix.k / INT8_BLOCK; block++) {
        const float * from = values + block * INT8_BLOCK;
        const Int8Part to = int8_part(kernels, matrix, row, block);
        float largest = 0;
        for (int i = 0; i < INT8_BLOCK; i++) {
            largest = std::max(largest, std::fabs(from[i]));
        }
        const float inverse = largest > 0 ? INT8_MOST / largest : 0;
        int32_t sum = 0;
        for (int i = 0; i < INT8_BLOCK; i++) {
            const int whole = static_cast<int>(std::lrint(from[i] * inverse));
            to.values[int8_offset(kernels, i)] = static_cast<int8_t>(whole);
            sum += whole;
        }
        *to.correction = -INT8_BIAS * sum;
        // The first value is the sum of all, so non-finite weights stay non-finite.
        *to.scale = largest / INT8_MOST + 0 * from[0];
    }
}

void unpack_int8(const Kernels & kernels, const Packed & matrix, int row, float * values) {
    for (int block = 0; block < matrix.k / INT8_BLOCK; block++) {
        const Int8Part from = int8_part(kernels, matrix, row, block);
        for (int i = 0; i < INT8_BLOCK; i++) {
            values[block * INT8_BLOCK + i] = *from.scale * from.values[int8_offset(kernels, i)];
        }
    }
    rotate(values, matrix.k, 1);
}

void convert_row(ggml_type from_type, const void * from, ggml_type to_type, void * to, int n) {
    if (from_type == to_type) {
        std::memcpy(to, from, ggml_row_size(to_type, n));
        return;
    }
    std::vector<float> values(n);
    if (from_type == GGML_TYPE_F32) {
        std::memcpy(values.data(), from, n * sizeof(float));
    } else {
        ggml_get_type_traits(from_type)->to_float(from, values.data(), n);
    }
    if (to_type == GGML_TYPE_F32) {
        std::memcpy(to, values.data(), n * sizeof(float));
    } else {
        ggml_quantize_chunk(to_type, values.data(), to, 0, 1, n, nullptr);
    }
}

const char * type_name(ggml_backend_buffer_type_t type) {
    return place_of(type)->name;
}

const WeightsMemory & memory_of(ggml_backend_buffer_t buffer) {
    return *static_cast<const WeightsMemory *>(buffer->context);
}

void free_buffer(ggml_backend_buffer_t buffer) {
    delete &memory_of(buffer);
}

void * buffer_base(ggml_backend_buffer_t buffer) {
    return memory_of(buffer).data();
}

// llama.cpp transfers whole tensors; packing requires whole rows.
void check_rows(const ggml_tensor * tensor, size_t offset, size_t size) {
    const size_t row = tensor->nb[1];
    GGML_ASSERT(offset % row == 0 && size % row == 0 && "packed weights are read and written in whole rows");
}

void set_tensor(ggml_backend_buffer_t buffer, ggml_tensor * tensor, const void * data, size_t offset, size_t size) {
    check_rows(tensor, offset, size);
    if (memory_of(buffer).is_filled()) {
        return;
    }
    const int first = static_cast<int>(offset / tensor->nb[1]);
    const int count = static_cast<int>(size / tensor->nb[1]);
    pack_rows(*place_of(buffer->buft)->kernels, packed(tensor), first, count, tensor->type, data);
}

void get_tensor(ggml_backend_buffer_t buffer, const ggml_tensor * tensor, void * data, size_t offset, size_t size) {
    check_rows(tensor, offset, size);
    const int first = static_cast<int>(offset / tensor->nb[1]);
    const int count = static_cast<int>(size / tensor->nb[1]);
    unpack_rows(*place_of(buffer->buft)->kernels, packed(tensor), first, count, tensor->type, data);
}

void clear_buffer(ggml_backend_buffer_t buffer, uint8_t value) {
    GGML_ASSERT(!memory_of(buffer).is_filled() && "packed weights of a file are only read");
    std::memset(buffer_base(buffer), value, buffer->size);
}

// The memory must be zeroed: packing does not write the padding of a matrix.
ggml_backend_buffer_t alloc_buffer(ggml_backend_buffer_type_t type, size_t size) {
    std::unique_ptr<WeightsMemory> memory = WeightsMemory::of(std::max<size_t>(size, 1));
    if (memory == nullptr) {
        return nullptr;
    }
    ggml_backend_buffer_i functions = {};
    functions.free_buffer = free_buffer;
    functions.get_base = buffer_base;
    functions.set_tensor = set_tensor;
    functions.get_tensor = get_tensor;
    functions.clear = clear_buffer;
    return ggml_backend_buffer_init(type, functions, memory.release(), size);
}

size_t alignment(ggml_backend_buffer_type_t) {
    return ALIGNMENT;
}

size_t alloc_size(ggml_backend_buffer_type_t type, const ggml_tensor * tensor) {
    const Kernels & kernels = *place_of(type)->kernels;
    return kernels.packed_size(
        static_cast<int>(tensor->ne[1]), static_cast<int>(tensor->ne[0]), value_for(*place_of(type), tensor));
}

Place make_place(Precision precision, const char * name) {
    Place place = {};
    place.type.iface.get_name = type_name;
    place.type.iface.alloc_buffer = alloc_buffer;
    place.type.iface.get_alignment = alignment;
    place.type.iface.get_alloc_size = alloc_size;
    place.kernels = kernels_for(precision);
    place.name = name;
    place.int8 = precision == Precision::INT8 && place.kernels != nullptr && place.kernels->int8_name != nullptr;
    return place;
}

// In the order of Precision.
Place places[] = { make_place(Precision::EXACT, "Embark exact"), make_place(Precision::FAST, "Embark fast"),
                   make_place(Precision::INT8, "Embark int8") };

} // namespace

ggml_backend_buffer_type_t weights_buffer_type(Precision precision) {
    Place & place = places[static_cast<int>(precision)];
    place.type.context = &place;
    return place.kernels == nullptr ? nullptr : &place.type;
}

void set_weights_device(ggml_backend_dev_t device) {
    for (Place & place : places) {
        place.type.device = device;
    }
}

bool is_packed(const ggml_tensor * tensor) {
    return tensor->buffer != nullptr && tensor->buffer->buft->iface.get_name == type_name;
}

const Kernels & kernels_of(const ggml_tensor * tensor) {
    return *place_of(tensor->buffer->buft)->kernels;
}

Packed packed(const ggml_tensor * tensor) {
    return { tensor->data, value_for(*place_of(tensor->buffer->buft), tensor), static_cast<int>(tensor->ne[1]),
             static_cast<int>(tensor->ne[0]) };
}

void pack_rows(
    const Kernels & kernels, const Packed & matrix, int first, int count, ggml_type type, const void * rows) {
    std::vector<float> row(matrix.k);
    for (int i = 0; i < count; i++) {
        const char * from = static_cast<const char *>(rows) + i * ggml_row_size(type, matrix.k);
        if (matrix.value == Value::Q8_0) {
            scatter_blocks(kernels, matrix, first + i, reinterpret_cast<const BlockQ8 *>(from));
            continue;
        }
        if (matrix.value == Value::INT8) {
            convert_row(type, from, GGML_TYPE_F32, row.data(), matrix.k);
            pack_int8(kernels, matrix, first + i, row.data());
            continue;
        }
        convert_row(type, from, ggml_type_of(matrix.value), row.data(), matrix.k);
        if (matrix.value == Value::F32) {
            scatter(kernels, matrix, first + i, row.data());
        } else {
            scatter(kernels, matrix, first + i, reinterpret_cast<const uint16_t *>(row.data()));
        }
    }
}

void unpack_rows(const Kernels & kernels, const Packed & matrix, int first, int count, ggml_type type, void * rows) {
    std::vector<float> row(matrix.k);
    for (int i = 0; i < count; i++) {
        char * to = static_cast<char *>(rows) + i * ggml_row_size(type, matrix.k);
        if (matrix.value == Value::Q8_0) {
            gather_blocks(kernels, matrix, first + i, reinterpret_cast<BlockQ8 *>(to));
            continue;
        }
        if (matrix.value == Value::INT8) {
            unpack_int8(kernels, matrix, first + i, row.data());
            convert_row(GGML_TYPE_F32, row.data(), type, to, matrix.k);
            continue;
        }
        if (matrix.value == Value::F32) {
            gather(kernels, matrix, first + i, row.data());
        } else {
            gather(kernels, matrix, first + i, reinterpret_cast<uint16_t *>(row.data()));
        }
        convert_row(ggml_type_of(matrix.value), row.data(), type, to, matrix.k);
    }
}

} // namespace embark
