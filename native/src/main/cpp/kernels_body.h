// The kernels. They are written in terms of Vector and PANEL, which the including file defines, and multiply integers
// if it defines MULTIPLIES_INT16 and MULTIPLIES_INT8. All instruction sets compute the same bits: elements in
// the same order, k in the same order, and sums of lanes as in lanes.h. Everything has internal linkage, and no template of
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
using embark::Pooling;
using embark::Product;
using embark::ProductRows;
using embark::Rotation;
using embark::Value;
using embark::round_up;

} // namespace

#include "integers.h"
#include "tile.h"

#include "attention_body.h"

namespace {

// `scales` are those of the columns, for INT16.
template <Value ARITHMETIC, Epilogue EPILOGUE>
void finish(const float * c, int rows, const float * scales, const float * bias, float * out, size_t out_ld) {
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < PANEL; v += Vector::SIZE) {
            Vector x = load(c + r * PANEL + v);
            if constexpr (ARITHMETIC == Value::INT16) {
                x = fma(x, load(scales + v), load(bias + v));
            } else {
                x = x + load(bias + v);
            }
            float * to = out + r * out_ld + v;
            if constexpr (EPILOGUE == Epilogue::ADD) {
                x = load(to) + x;
            } else if constexpr (EPILOGUE == Epilogue::STORE_GELU) {
                x = gelu(x);
            } else if constexpr (EPILOGUE == Epilogue::GATE_SILU) {
                x = load(to) * silu(x);
            } else if constexpr (EPILOGUE == Epilogue::GATE_GELU) {
                x = load(to) * gelu(x);
            }
            store(to, x);
        }
    }
}

// Widens a panel to F32.
template <Value WEIGHT> void widen(const char * panel, int k, float * to) {
    if constexpr (WEIGHT == Value::Q8_0) {
        const int8_t * from = reinterpret_cast<const int8_t *>(panel);
        const char * scales = panel + static_cast<size_t>(k) * PANEL;
        for (int i = 0; i < k; i++) {
            const char * scale = scales + i / embark::BLOCK * PANEL * sizeof(uint16_t);
            for (int v = 0; v < PANEL; v += Vector::SIZE) {
                const size_t at = static_cast<size_t>(i) * PANEL + v;
                store(to + at, load_weights<Value::F16>(scale + v * sizeof(uint16_t)) * load_int8(from + at));
            }
        }
    } else {
        for (size_t i = 0; i < static_cast<size_t>(k) * PANEL; i += Vector::SIZE) {
            store(to + i, load_weights<WEIGHT>(panel + i * embark::size_of(WEIGHT)));
        }
    }
}

// Copies the bias of a panel's columns; zero beyond n.
inline void load_bias(const Product & p, int column, float * bias) {
    for (int i = 0; i < PANEL; i++) {
        bias[i] = p.bias != nullptr && column + i < p.weights.n ? p.bias[column + i] : 0.0f;
    }
}

// The rows of integers in the scratch of a product.
template <Value ARITHMETIC> Rows rows_in(void * scratch, int rows, int k) {
    const size_t ld = Kernels::integer_row(k, ARITHMETIC);
    const char * values = static_cast<const char *>(scratch);
    return { values, ld, reinterpret_cast<const float *>(values + rows * ld), static_cast<size_t>(rows) };
}

template <Value ARITHMETIC> void quantize_rows(const ProductRows & p) {
    const Rows to = rows_in<ARITHMETIC>(p.scratch, p.rows, p.k);
    char * values = const_cast<char *>(to.values);
    float * scales = const_cast<float *>(to.scales) + static_cast<size_t>(p.first / embark::INTEGER_BLOCK) * p.rows;
    for (int row = 0; row < p.rows; row++) {
        for (int i = 0; i < p.columns; i += embark::INTEGER_BLOCK) {
            auto * own = reinterpret_cast<typename Integer<ARITHMETIC>::Type *>(values + row * to.ld) + p.first + i;
            scales[static_cast<size_t>(i / embark::INTEGER_BLOCK) * p.rows + row] =
                quantize(p.a + row * p.a_ld + i, least(p.columns - i, embark::INTEGER_BLOCK), own);
        }
    }
}

template <Value ARITHMETIC> void quantize(const ProductRows & p) {
#ifdef MULTIPLIES_INT8
    if (p.value == Value::INT8) {
        return quantize_rows<Value::INT8>(p);
    }
#endif
    if constexpr (ARITHMETIC == Value::INT16) {
        quantize_rows<Value::INT16>(p);
    }
}

// The rows of a product, as integers unless ARITHMETIC is F32.
template <Value ARITHMETIC> Rows rows_of(const Product & p) {
    if constexpr (ARITHMETIC == Value::F32) {
        return { reinterpret_cast<const char *>(p.a), p.a_ld * sizeof(float), nullptr, 0 };
    } else {
        const int k = p.weights.k;
        if (!p.again) {
            quantize_rows<ARITHMETIC>({ p.a, p.a_ld, p.rows, 0, k, k, p.weights.value, p.scratch });
        }
        return rows_in<ARITHMETIC>(p.scratch, p.rows, k);
    }
}

// Fetches a tile's part of the result while its sums are computed: the rows are far apart, which the CPU's own
// prefetching does not foresee.
inline void prefetch_rows(const float * out, size_t ld, int rows) {
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < PANEL; v += Vector::SIZE) {
            __builtin_prefetch(out + r * ld + v, 1, 3);
        }
    }
}

// WEIGHT is how the weights are kept and ARITHMETIC how they are multiplied.
template <Value WEIGHT, Value ARITHMETIC, Epilogue EPILOGUE> void multiply_as(const Product & p) {
    const int k = p.weights.k;
    const size_t panel_bytes = Kernels::panel_size(PANEL, k, WEIGHT);
    const size_t prefetched = round_up(panel_bytes * TILE_ROWS / (p.rows + TILE_ROWS) + 64, 64);
    const Rows a = rows_of<ARITHMETIC>(p);
    char * widened = static_cast<char *>(p.scratch) + Kernels::rows_scratch(p.rows, k, ARITHMETIC);
    alignas(64) float c[TILE_ROWS * PANEL];
    alignas(64) float bias[PANEL];
    const int columns = least(p.weights.n - p.first, p.columns);
    for (int column = p.first; column < p.first + columns; column += PANEL) {
        const char * panel = static_cast<const char *>(p.weights.data) + column / PANEL * panel_bytes;
        // The next panel is fetched into the second level of the cache bit by bit.
        const char * next = panel + panel_bytes;
        const char * end = column + PANEL < p.weights.n ? next + panel_bytes : next;
        if constexpr (WEIGHT != ARITHMETIC) {
            widen<WEIGHT>(panel, k, reinterpret_cast<float *>(widened));
            panel = widened;
        }
        if constexpr (WEIGHT != ARITHMETIC && ARITHMETIC == Value::INT16) {
            char * integers = widened + Kernels::panel_size(PANEL, k, Value::F32);
            quantize_panel(reinterpret_cast<float *>(widened), PANEL, k, PANEL, false, integers);
            panel = integers;
        }
        load_bias(p, column, bias);
        for (int row = 0; row < p.rows;) {
            const int rows = rows_of_tile(p.rows - row);
            for (size_t i = 0; i < prefetched && next < end; i += 64, next += 64) {
                __builtin_prefetch(next, 0, 2);
            }
            float * out = p.out + row * p.out_ld + column - p.first;
            prefetch_rows(out, p.out_ld, rows);
            tile_of<ARITHMETIC>(rows)(a.from(row), k, panel, c, PANEL);
            finish<ARITHMETIC, EPILOGUE>(c, rows, integer_scales(panel, k), bias, out, p.out_ld);
            row += rows;
        }
    }
}

template <Value WEIGHT, Value ARITHMETIC> void multiply_by(const Product & p) {
    switch (p.epilogue) {
        case Epilogue::STORE: return multiply_as<WEIGHT, ARITHMETIC, Epilogue::STORE>(p);
        case Epilogue::STORE_GELU: return multiply_as<WEIGHT, ARITHMETIC, Epilogue::STORE_GELU>(p);
        case Epilogue::GATE_SILU: return multiply_as<WEIGHT, ARITHMETIC, Epilogue::GATE_SILU>(p);
        case Epilogue::GATE_GELU: return multiply_as<WEIGHT, ARITHMETIC, Epilogue::GATE_GELU>(p);
        case Epilogue::ADD: return multiply_as<WEIGHT, ARITHMETIC, Epilogue::ADD>(p);
    }
}

template <Value ARITHMETIC> void multiply(const Product & p) {
#ifdef MULTIPLIES_INT8
    if (p.weights.value == Value::INT8) {
        return multiply_by<Value::INT8, Value::INT8>(p);
    }
#endif
    if (p.weights.value == Value::Q8_0) {
        return multiply_by<Value::Q8_0, ARITHMETIC>(p);
    }
    if constexpr (ARITHMETIC == Value::INT16) {
        multiply_by<Value::INT16, Value::INT16>(p);
    } else {
        switch (p.weights.value) {
            case Value::F32: return multiply_by<Value::F32, Value::F32>(p);
            case Value::F16: return multiply_by<Value::F16, Value::F32>(p);
            case Value::BF16: return multiply_by<Value::BF16, Value::F32>(p);
            default: break;
        }
    }
}

void turn(const Rotation & p) {
    const int half = p.turned / 2;
    for (int row = 0; row < p.rows; row++) {
        const float * cosines = p.angles + static_cast<size_t>(row) * p.turned;
        const float * sines = cosines + half;
        for (int head = 0; head < p.heads; head++) {
            float * x = p.x + row * p.ld + head * p.head_size;
            for (int i = 0; i < half; i += Vector::SIZE) {
                const int n = least(half - i, Vector::SIZE);
                const Vector cosine = load_first(n, cosines + i);
                const Vector sine = load_first(n, sines + i);
                const Vector a = load_first(n, x + i);
                const Vector b = load_first(n, x + half + i);
                store_first(n, x + i, a * cosine - b * sine);
                store_first(n, x + half + i, fma(a, sine, b * cosine));
            }
        }
    }
}

void normalize(const Norm & p) {
    for (int r = 0; r < p.rows; r++) {
        const float * x = p.x + r * p.ld;
        Vector total = zero();
        for (int i = 0; i < p.d; i += Vector::SIZE) {
            total = total + load(x + i);
        }
        const Vector mean = all(sum(total) / p.d);
        Vector squares = zero();
        for (int i = 0; i < p.d; i += Vector::SIZE) {
            Vector off = first(least(p.d - i, Vector::SIZE), load(x + i) - mean, zero());
            squares = fma(off, off, squares);
        }
        const Vector factor = all(1.0f / __builtin_sqrtf(sum(squares) / p.d + p.epsilon));
        for (int i = 0; i < p.d; i += Vector::SIZE) {
            const int n = least(p.d - i, Vector::SIZE);
            const Vector bias = p.bias == nullptr ? zero() : load_first(n, p.bias + i);
            const Vector y = fma((load(x + i) - mean) * factor, load_first(n, p.weight + i), bias);
            store(p.out + r * p.ld + i, first(n, y, zero()));
        }
    }
}

void pool(const Pooling & p) {
    for (int s = 0; s < p.sequences; s++) {
        float * out = p.out + static_cast<size_t>(s) * p.d;
        for (int i = 0; i < p.d; i++) {
            out[i] = 0;
        }
        for (int r = 0; r < p.rows; r++) {
            const float factor = p.factors[static_cast<size_t>(s) * p.rows + r];
            if (factor == 0) {
                continue;
            }
            const float * x = p.x + static_cast<size_t>(r) * p.d;
            for (int i = 0; i < p.d; i += Vector::SIZE) {
                const int n = least(p.d - i, Vector::SIZE);
                store_first(n, out + i, fma(load_first(n, x + i), all(factor), load_first(n, out + i)));
            }
        }
    }
}

#define KERNELS(NAME, INT8_NAME, ARITHMETIC)                                                                       \
    { NAME, INT8_NAME, ARITHMETIC, PANEL, multiply<ARITHMETIC>, quantize<ARITHMETIC>, turn, attend<ARITHMETIC>,           \
      normalize, pool, attention_scratch }

} // namespace
