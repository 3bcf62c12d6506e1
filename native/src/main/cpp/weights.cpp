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
    bool is_int8;
};

ggml_backend_dev_t weights_device = nullptr;

const Place * place_of(ggml_backend_buffer_type_t type) {
    return static_cast<const Place *>(type->context);
}

// The type of the rows that are packed as `value`, other than Q8_0.
ggml_type kept_as(Value value) {
    return value == Value::F16 ? GGML_TYPE_F16 : value == Value::BF16 ? GGML_TYPE_BF16 : GGML_TYPE_F32;
}

// Excludes the value projection of attention, a twelfth of all products: with it in 8 bits as well, the
// smallest cosine fell from 0.9993 to 0.9990 (MiniLM), too close to the limit that int8 promises.
bool suits_int8(const ggml_tensor * tensor) {
    return tensor->ne[0] % INTEGER_BLOCK == 0 && std::strstr(tensor->name, "attn_v") == nullptr;
}

// Products in f32 keep the weights in the type of the file, so that exact needs no more memory than the
// file. 8-bit weights keep their type, too, since any other would take two to four times as much memory.
Value value_for(const Place & place, const ggml_tensor * tensor) {
    if (place.is_int8 && suits_int8(tensor)) {
        return Value::INT8;
    }
    if (tensor->type == GGML_TYPE_Q8_0) {
        return Value::Q8_0;
    }
    if (place.kernels->arithmetic == Value::INT16) {
        return Value::INT16;
    }
    return tensor->type == GGML_TYPE_F16 ? Value::F16 : tensor->type == GGML_TYPE_BF16 ? Value::BF16 : Value::F32;
}

char * panel_of(const Kernels & kernels, const Packed & matrix, int row) {
    char * data = static_cast<char *>(const_cast<void *>(matrix.data));
    return data + row / kernels.panel * kernels.panel_size(matrix.k, matrix.value);
}

// Offset, in values, of W[row][column] in its panel.
size_t offset_of(const Kernels & kernels, Value value, int row, int column) {
    const size_t step = step_of(value);
    const size_t panel = kernels.panel;
    return column / step * panel * step + row % panel * step + column % step;
}

template <typename Element>
void scatter(const Kernels & kernels, const Packed & matrix, int row, const Element * from) {
    Element * to = reinterpret_cast<Element *>(panel_of(kernels, matrix, row));
    for (int column = 0; column < matrix.k; column++) {
        to[offset_of(kernels, matrix.value, row, column)] = from[column];
    }
}

template <typename Element>
void gather(const Kernels & kernels, const Packed & matrix, int row, Element * to) {
    const Element * from = reinterpret_cast<const Element *>(panel_of(kernels, matrix, row));
    for (int column = 0; column < matrix.k; column++) {
        to[column] = from[offset_of(kernels, matrix.value, row, column)];
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
        to[offset_of(kernels, matrix.value, row, column)] = from[column / BLOCK].values[column % BLOCK];
        scales[column / BLOCK * kernels.panel] = from[column / BLOCK].scale;
    }
}

void gather_blocks(const Kernels & kernels, const Packed & matrix, int row, BlockQ8 * to) {
    const int8_t * from = reinterpret_cast<const int8_t *>(panel_of(kernels, matrix, row));
    const uint16_t * scales = scales_of(kernels, matrix, row);
    for (int column = 0; column < matrix.k; column++) {
        to[column / BLOCK].values[column % BLOCK] = from[offset_of(kernels, matrix.value, row, column)];
        to[column / BLOCK].scale = scales[column / BLOCK * kernels.panel];
    }
}

// Hadamard transform of each block, times a factor; a transform with 1 / INTEGER_BLOCK inverts one with 1.
void rotate(float * row, int n, float factor) {
    for (int block = 0; block < n; block += INTEGER_BLOCK) {
        float * x = row + block;
        for (int distance = 1; distance < INTEGER_BLOCK; distance *= 2) {
            for (int i = 0; i < INTEGER_BLOCK; i++) {
                if ((i & distance) == 0) {
                    const float a = x[i];
                    const float b = x[i + distance];
                    x[i] = a + b;
                    x[i + distance] = a - b;
                }
            }
        }
        for (int i = 0; i < INTEGER_BLOCK; i++) {
            x[i] *= factor;
        }
    }
}

// The largest magnitude; NaN if a value is NaN.
float magnitude_of(const float * values, int n) {
    float largest = 0;
    for (int i = 0; i < n; i++) {
        largest = std::fabs(values[i]) <= largest || std::isnan(largest) ? largest : std::fabs(values[i]);
    }
    return largest;
}

// The scale of a row of INT16 weights.
float & int16_scale(const Kernels & kernels, const Packed & matrix, int row) {
    char * scales = panel_of(kernels, matrix, row) + kernels.panel_size(matrix.k, Value::INT16) - kernels.panel * sizeof(float);
    return reinterpret_cast<float *>(scales)[row % kernels.panel];
}

void pack_int16(const Kernels & kernels, const Packed & matrix, int row, const float * values) {
    float most = 0;
    for (int i = 0; i < matrix.k; i += INTEGER_BLOCK) {
        float sum = 0;
        for (int j = i; j < std::min(i + INTEGER_BLOCK, matrix.k); j++) {
            sum += std::fabs(values[j]);
        }
        most = std::max(most, sum);
    }
    const Quantization quantization = weights_quantization(magnitude_of(values, matrix.k), most);
    std::vector<int16_t> integers(matrix.k);
    for (int i = 0; i < matrix.k && quantization.factor > 0; i++) {
        integers[i] = static_cast<int16_t>(std::lrint(values[i] * quantization.factor));
    }
    scatter(kernels, matrix, row, integers.data());
    int16_scale(kernels, matrix, row) = quantization.scale;
}

void unpack_int16(const Kernels & kernels, const Packed & matrix, int row, float * values) {
    std::vector<int16_t> integers(matrix.k);
    gather(kernels, matrix, row, integers.data());
    for (int i = 0; i < matrix.k; i++) {
        values[i] = int16_scale(kernels, matrix, row) * integers[i];
    }
}

// Location of a row's part of a block of INT8 weights.
struct Int8Part {
    int8_t * values; // steps of step_of(INT8) values, with a stride of kernels.panel steps
    int32_t * correction;
    float * scale;
};

Int8Part int8_part(const Kernels & kernels, const Packed & matrix, int row, int block) {
    const size_t panel = kernels.panel;
    const size_t column = row % panel;
    char * data = panel_of(kernels, matrix, row) + block * kernels.panel_size(INTEGER_BLOCK, Value::INT8);
    int32_t * corrections = reinterpret_cast<int32_t *>(data + panel * INTEGER_BLOCK);
    return { reinterpret_cast<int8_t *>(data), corrections + column, reinterpret_cast<float *>(corrections + panel) + column };
}

// Activations are rotated with a factor of 1.
void pack_int8(const Kernels & kernels, const Packed & matrix, int row, float * values) {
    rotate(values, matrix.k, 1.0f / INTEGER_BLOCK);
    for (int block = 0; block < matrix.k / INTEGER_BLOCK; block++) {
        const float * from = values + block * INTEGER_BLOCK;
        const Int8Part to = int8_part(kernels, matrix, row, block);
        const Quantization quantization = quantization_of(magnitude_of(from, INTEGER_BLOCK), INT8_MOST);
        int32_t sum = 0;
        for (int i = 0; i < INTEGER_BLOCK; i++) {
            const int whole = quantization.factor > 0 ? static_cast<int>(std::lrint(from[i] * quantization.factor)) : 0;
            to.values[offset_of(kernels, Value::INT8, row, i)] = static_cast<int8_t>(whole);
            sum += whole;
        }
        *to.correction = -INT8_BIAS * sum;
        *to.scale = quantization.scale;
    }
}

void unpack_int8(const Kernels & kernels, const Packed & matrix, int row, float * values) {
    for (int block = 0; block < matrix.k / INTEGER_BLOCK; block++) {
        const Int8Part from = int8_part(kernels, matrix, row, block);
        for (int i = 0; i < INTEGER_BLOCK; i++) {
            values[block * INTEGER_BLOCK + i] = *from.scale * from.values[offset_of(kernels, Value::INT8, row, i)];
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
    place.type.device = weights_device;
    place.type.iface.get_name = type_name;
    place.type.iface.alloc_buffer = alloc_buffer;
    place.type.iface.get_alignment = alignment;
    place.type.iface.get_alloc_size = alloc_size;
    place.kernels = kernels_for(precision);
    place.name = name;
    place.is_int8 = precision == Precision::INT8 && place.kernels != nullptr && place.kernels->int8_name != nullptr;
    return place;
}

// Made for the first model, when it is known which kernels the precisions use.
Place & place_for(Precision precision) {
    static Place places[] = { make_place(Precision::EXACT, "Embark exact"), make_place(Precision::FAST, "Embark fast"),
                              make_place(Precision::INT8, "Embark int8") };
    return places[static_cast<int>(precision)];
}

} // namespace

ggml_backend_buffer_type_t weights_buffer_type(Precision precision) {
    Place & place = place_for(precision);
    place.type.context = &place;
    return place.kernels == nullptr ? nullptr : &place.type;
}

void set_weights_device(ggml_backend_dev_t device) {
    weights_device = device;
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
        convert_row(type, from, kept_as(matrix.value), row.data(), matrix.k);
        switch (matrix.value) {
            case Value::INT16: pack_int16(kernels, matrix, first + i, row.data()); break;
            case Value::INT8: pack_int8(kernels, matrix, first + i, row.data()); break;
            case Value::F32: scatter(kernels, matrix, first + i, row.data()); break;
            default: scatter(kernels, matrix, first + i, reinterpret_cast<const uint16_t *>(row.data()));
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
        switch (matrix.value) {
            case Value::INT16: unpack_int16(kernels, matrix, first + i, row.data()); break;
            case Value::INT8: unpack_int8(kernels, matrix, first + i, row.data()); break;
            case Value::F32: gather(kernels, matrix, first + i, row.data()); break;
            default: gather(kernels, matrix, first + i, reinterpret_cast<uint16_t *>(row.data()));
        }
        convert_row(kept_as(matrix.value), row.data(), type, to, matrix.k);
    }
}

} // namespace embark
