// The kernels. They are written in terms of Vector, tile(), PANEL and TILE_ROWS, which the including file
// defines, and of int8_tile() if it defines INT8_NAME. Everything has internal linkage, and no template of
// the standard library is instantiated: the linker keeps only one copy of such a template, which might be
// one compiled for an instruction set that the machine lacks.
#pragma once

#include "elementary.h"
#include "kernels.h"

namespace {

using embark::Attention;
using embark::Epilogue;
using embark::Kernels;
using embark::Norm;
using embark::Product;
using embark::Rotation;
using embark::Value;
using embark::round_up;
using embark::size_of;

using Tile = void (*)(const Activation *, size_t, int, const void *, float *, size_t);

template <Value WEIGHT> Tile tile_of(int rows) {
    switch (rows) {
        case 1: return tile<WEIGHT, 1>;
        case 2: return tile<WEIGHT, 2>;
        case 3: return tile<WEIGHT, 3>;
        case 4: return tile<WEIGHT, 4>;
        case 5: return tile<WEIGHT, 5>;
        case 6: return tile<WEIGHT, 6>;
#if TILE_ROWS > 6
        case 7: return tile<WEIGHT, 7>;
        case 8: return tile<WEIGHT, 8>;
        case 9: return tile<WEIGHT, 9>;
        case 10: return tile<WEIGHT, 10>;
        case 11: return tile<WEIGHT, 11>;
        case 12: return tile<WEIGHT, 12>;
#endif
        default: __builtin_unreachable();
    }
}

#ifdef INT8_NAME
using Int8Tile = void (*)(const uint8_t *, size_t, const float *, int, const char *, float *);

inline Int8Tile int8_tile_of(int rows) {
    switch (rows) {
        case 1: return int8_tile<1>;
        case 2: return int8_tile<2>;
        case 3: return int8_tile<3>;
        case 4: return int8_tile<4>;
        case 5: return int8_tile<5>;
        case 6: return int8_tile<6>;
        case 7: return int8_tile<7>;
        case 8: return int8_tile<8>;
        case 9: return int8_tile<9>;
        case 10: return int8_tile<10>;
        case 11: return int8_tile<11>;
        case 12: return int8_tile<12>;
        default: __builtin_unreachable();
    }
}
#endif

// Rows of the next tile. Blocks differ by at most one row, because small tiles are slow.
inline int rows_of_tile(int rows_left) {
    int tiles = (rows_left + TILE_ROWS - 1) / TILE_ROWS;
    return (rows_left + tiles - 1) / tiles;
}

template <Epilogue EPILOGUE>
void finish(const float * c, int rows, const float * bias, void * out, size_t out_ld) {
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < PANEL; v += Vector::SIZE) {
            Vector x = load(c + r * PANEL + v) + load(bias + v);
            if constexpr (EPILOGUE == Epilogue::ADD) {
                float * to = static_cast<float *>(out) + r * out_ld + v;
                store(to, load(to) + x);
            } else {
                Activation * to = static_cast<Activation *>(out) + r * out_ld + v;
                if constexpr (EPILOGUE == Epilogue::STORE_GELU) {
                    x = gelu(x);
                } else if constexpr (EPILOGUE == Epilogue::GATE_SILU) {
                    x = load_activation(to) * silu(x);
                } else if constexpr (EPILOGUE == Epilogue::GATE_GELU) {
                    x = load_activation(to) * gelu(x);
                }
                store_activation(to, x);
            }
        }
    }
}

// Expands a panel of Q8_0 into one of activations. k is a multiple of the block size.
inline void expand(const char * panel, int k, Activation * to) {
    const int8_t * from = reinterpret_cast<const int8_t *>(panel);
    const char * scales = panel + static_cast<size_t>(k) * PANEL;
    alignas(64) float scale[PANEL];
    for (int block = 0; block < k; block += embark::BLOCK) {
        for (int i = 0; i < PANEL; i += Vector::SIZE) {
            store(scale + i, load_weights<Value::F16>(scales + i * sizeof(uint16_t)));
        }
        scales += PANEL * sizeof(uint16_t);
        for (int step = 0; step < embark::BLOCK / PAIR; step++) {
            alignas(64) float values[PANEL * PAIR];
            for (int i = 0; i < PANEL * PAIR; i++) {
                values[i] = scale[i / PAIR] * static_cast<float>(from[i]);
            }
            for (int i = 0; i < PANEL * PAIR; i += Vector::SIZE) {
                store_activation(to + i, load(values + i));
            }
            from += PANEL * PAIR;
            to += PANEL * PAIR;
        }
    }
}

// Copies the bias of a panel's columns; zero beyond n.
inline void load_bias(const Product & p, int column, float * bias) {
    for (int i = 0; i < PANEL; i++) {
        bias[i] = p.bias != nullptr && column + i < p.weights.n ? p.bias[column + i] : 0.0f;
    }
}

template <Epilogue EPILOGUE> void * place_of(const Product & p, int row, int column) {
    const size_t size = EPILOGUE == Epilogue::ADD ? sizeof(float) : sizeof(Activation);
    return static_cast<char *>(p.out) + (row * p.out_ld + column) * size;
}

#ifdef INT8_NAME
template <Epilogue EPILOGUE> void multiply_int8(const Product & p) {
    const int blocks = p.weights.k / embark::INT8_BLOCK;
    const size_t panel_bytes = blocks * Kernels::int8_block_size(PANEL);
    const size_t ld = Kernels::int8_leading_dimension(p.weights.k);
    uint8_t * a = static_cast<uint8_t *>(p.scratch);
    float * scales = reinterpret_cast<float *>(a + p.rows * ld);
    for (int row = 0; row < p.rows && !p.again; row++) {
        const Activation * from = static_cast<const Activation *>(p.a) + row * p.a_ld;
        for (int block = 0; block < blocks; block++) {
            const int at = block * embark::INT8_BLOCK;
            scales[row * blocks + block] = quantize(from + at, a + row * ld + at);
        }
    }
    alignas(64) float c[TILE_ROWS * PANEL];
    alignas(64) float bias[PANEL];
    for (int column = 0; column < p.weights.n; column += PANEL) {
        const char * panel = static_cast<const char *>(p.weights.data) + column / PANEL * panel_bytes;
        load_bias(p, column, bias);
        for (int row = 0; row < p.rows;) {
            const int rows = rows_of_tile(p.rows - row);
            int8_tile_of(rows)(a + row * ld, ld, scales + row * blocks, blocks, panel, c);
            finish<EPILOGUE>(c, rows, bias, place_of<EPILOGUE>(p, row, column), p.out_ld);
            row += rows;
        }
    }
}
#endif

template <Value WEIGHT, Epilogue EPILOGUE> void multiply_as(const Product & p) {
    constexpr bool EXPANDED = WEIGHT == Value::Q8_0;
    constexpr Value TILED = EXPANDED ? ACTIVATION : WEIGHT;
    const int steps = (p.weights.k + PAIR - 1) / PAIR;
    const size_t scales = EXPANDED ? p.weights.k / embark::BLOCK * PANEL * sizeof(uint16_t) : 0;
    const size_t panel_bytes = static_cast<size_t>(steps) * PAIR * PANEL * size_of(WEIGHT) + scales;
    alignas(64) float c[TILE_ROWS * PANEL];
    alignas(64) float bias[PANEL];
    for (int column = 0; column < p.weights.n; column += PANEL) {
        const char * panel = static_cast<const char *>(p.weights.data) + column / PANEL * panel_bytes;
        if constexpr (EXPANDED) {
            expand(panel, p.weights.k, static_cast<Activation *>(p.scratch));
            panel = static_cast<const char *>(p.scratch);
        }
        load_bias(p, column, bias);
        for (int row = 0; row < p.rows;) {
            const int rows = rows_of_tile(p.rows - row);
            tile_of<TILED>(rows)(
                static_cast<const Activation *>(p.a) + row * p.a_ld, p.a_ld, steps, panel, c, PANEL);
            finish<EPILOGUE>(c, rows, bias, place_of<EPILOGUE>(p, row, column), p.out_ld);
            row += rows;
        }
    }
}

template <Value WEIGHT> void multiply_by(const Product & p) {
    switch (p.epilogue) {
        case Epilogue::STORE: return multiply_as<WEIGHT, Epilogue::STORE>(p);
        case Epilogue::STORE_GELU: return multiply_as<WEIGHT, Epilogue::STORE_GELU>(p);
        case Epilogue::GATE_SILU: return multiply_as<WEIGHT, Epilogue::GATE_SILU>(p);
        case Epilogue::GATE_GELU: return multiply_as<WEIGHT, Epilogue::GATE_GELU>(p);
        case Epilogue::ADD: return multiply_as<WEIGHT, Epilogue::ADD>(p);
    }
}

void multiply(const Product & p) {
#ifdef INT8_NAME
    if (p.weights.value == Value::INT8) {
        switch (p.epilogue) {
            case Epilogue::STORE: return multiply_int8<Epilogue::STORE>(p);
            case Epilogue::STORE_GELU: return multiply_int8<Epilogue::STORE_GELU>(p);
            case Epilogue::GATE_SILU: return multiply_int8<Epilogue::GATE_SILU>(p);
            case Epilogue::GATE_GELU: return multiply_int8<Epilogue::GATE_GELU>(p);
            case Epilogue::ADD: return multiply_int8<Epilogue::ADD>(p);
        }
    }
#endif
    if (p.weights.value == Value::Q8_0) {
        return multiply_by<Value::Q8_0>(p);
    }
    if constexpr (ACTIVATION == Value::BF16) {
        multiply_by<Value::BF16>(p);
    } else {
        switch (p.weights.value) {
            case Value::F32: return multiply_by<Value::F32>(p);
            case Value::F16: return multiply_by<Value::F16>(p);
            case Value::BF16: return multiply_by<Value::BF16>(p);
            case Value::Q8_0:
            case Value::INT8: break;
        }
    }
}

void turn(const Rotation & p) {
    const int half = p.turned / 2;
    for (int row = 0; row < p.rows; row++) {
        const float * cosines = p.angles + static_cast<size_t>(row) * p.turned;
        const float * sines = cosines + half;
        for (int head = 0; head < p.heads; head++) {
            Activation * x = static_cast<Activation *>(p.x) + row * p.ld + head * p.head_size;
            for (int i = 0; i < half; i += Vector::SIZE) {
                const int n = half - i < Vector::SIZE ? half - i : Vector::SIZE;
                const Vector cosine = load_first(n, cosines + i);
                const Vector sine = load_first(n, sines + i);
                const Vector a = load_first_activation(n, x + i);
                const Vector b = load_first_activation(n, x + half + i);
                store_first_activation(n, x + i, a * cosine - b * sine);
                store_first_activation(n, x + half + i, fma(a, sine, b * cosine));
            }
        }
    }
}

void normalize(const Norm & p) {
    Activation * copies = static_cast<Activation *>(p.copy);
    for (int r = 0; r < p.rows; r++) {
        const float * x = p.x + r * p.ld;
        Vector total = zero();
        for (int i = 0; i < p.d; i += Vector::SIZE) {
            total = total + load(x + i);
        }
        const Vector mean = all(sum(total) / p.d);
        Vector squares = zero();
        for (int i = 0; i < p.d; i += Vector::SIZE) {
            Vector off = first(p.d - i < Vector::SIZE ? p.d - i : Vector::SIZE, load(x + i) - mean, zero());
            squares = fma(off, off, squares);
        }
        const Vector factor = all(1.0f / __builtin_sqrtf(sum(squares) / p.d + p.epsilon));
        for (int i = 0; i < p.d; i += Vector::SIZE) {
            const int n = p.d - i < Vector::SIZE ? p.d - i : Vector::SIZE;
            const Vector bias = p.bias == nullptr ? zero() : load_first(n, p.bias + i);
            Vector y = fma((load(x + i) - mean) * factor, load_first(n, p.weight + i), bias);
            y = first(n, y, zero());
            if (p.out != nullptr) {
                store(p.out + r * p.ld + i, y);
            }
            if (p.copy != p.out) {
                store_activation(copies + r * p.ld + i, y);
            }
        }
    }
}

void convert(const float * from, void * to, size_t n) {
    Activation * out = static_cast<Activation *>(to);
    size_t i = 0;
    for (; i + Vector::SIZE <= n; i += Vector::SIZE) {
        store_activation(out + i, load(from + i));
    }
    if (i < n) {
        store_first_activation(n - i, out + i, load_first(n - i, from + i));
    }
}

} // namespace

#include "attention_body.h"

namespace {

#ifndef INT8_NAME
#define INT8_NAME nullptr
#endif

const Kernels KERNELS = { KERNELS_NAME, INT8_NAME, ACTIVATION, PANEL,   PAIR,            multiply,
                          turn,         attend,    normalize,  convert, attention_scratch };

} // namespace
