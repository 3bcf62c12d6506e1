// Products of some rows of activations and one panel of weights.
#pragma once

#ifdef __aarch64__
#include "k_loop_neon.h"
#else
#include "k_loop.h"
#endif
#include "kernels.h"

namespace {

// Rows of values, ld bytes apart. Integers have scales: of row r in block b scales[b * scales_ld + r].
struct Rows {
    const char * values;
    size_t ld;
    const float * scales;
    size_t scales_ld;

    Rows from(int row) const { return { values + row * ld, ld, scales + row, scales_ld }; }
};

alignas(64) const char nothing[2 * sizeof(Vector)] = {};

// c[ROWS][PANEL] = a[ROWS][k] * panel. INT16 leaves out the scales of the columns; see column_scales().
template <embark::Value ARITHMETIC, int ROWS> void tile(const Rows & a, int k, const char * panel, float * c, size_t c_ld) {
    using embark::INTEGER_BLOCK;
    c_ld *= sizeof(float);
    if constexpr (ARITHMETIC == embark::Value::F32) {
        k_loop_f32<ROWS, false, false>(a.values, a.ld, k, panel, nothing, nullptr, nullptr, c, c_ld);
    }
#ifdef MULTIPLIES_INT16
    if constexpr (ARITHMETIC == embark::Value::INT16) {
        for (int i = 0; i < k; i += INTEGER_BLOCK) {
            const int steps = ((k - i < INTEGER_BLOCK ? k - i : INTEGER_BLOCK) + 1) / 2;
            const char * values = a.values + i * sizeof(int16_t);
            const char * weights = panel + i * sizeof(int16_t) * PANEL;
            const float * scales = a.scales + i / INTEGER_BLOCK * a.scales_ld;
            if (i == 0) {
                k_loop_int16<ROWS, false, false>(values, a.ld, steps, weights, nothing, scales, nullptr, c, c_ld);
            } else {
                k_loop_int16<ROWS, false, true>(values, a.ld, steps, weights, nothing, scales, nullptr, c, c_ld);
            }
        }
    }
#endif
#ifdef MULTIPLIES_INT8
    if constexpr (ARITHMETIC == embark::Value::INT8) {
        for (int i = 0; i < k; i += INTEGER_BLOCK) {
            const char * corrections = panel + INTEGER_BLOCK * PANEL;
            const char * start = IS_INT8_BIASED ? corrections : nothing;
            const char * columns = corrections + PANEL * sizeof(int32_t);
            const float * scales = a.scales + i / INTEGER_BLOCK * a.scales_ld;
            constexpr int STEPS = INTEGER_BLOCK / embark::step_of(embark::Value::INT8);
            if (i == 0) {
                k_loop_int8<ROWS, true, false>(a.values, a.ld, STEPS, panel, start, scales, columns, c, c_ld);
            } else {
                k_loop_int8<ROWS, true, true>(a.values + i, a.ld, STEPS, panel, start, scales, columns, c, c_ld);
            }
            panel = columns + PANEL * sizeof(float);
        }
    }
#endif
}

using Tile = void (*)(const Rows & a, int k, const char * panel, float * c, size_t c_ld);

template <embark::Value ARITHMETIC> Tile tile_of(int rows) {
    switch (rows) {
        case 1: return tile<ARITHMETIC, 1>;
        case 2: return tile<ARITHMETIC, 2>;
        case 3: return tile<ARITHMETIC, 3>;
        case 4: return tile<ARITHMETIC, 4>;
        case 5: return tile<ARITHMETIC, 5>;
        case 6: return tile<ARITHMETIC, 6>;
#if TILE_ROWS > 6
        case 7: return tile<ARITHMETIC, 7>;
        case 8: return tile<ARITHMETIC, 8>;
        case 9: return tile<ARITHMETIC, 9>;
        case 10: return tile<ARITHMETIC, 10>;
        case 11: return tile<ARITHMETIC, 11>;
        case 12: return tile<ARITHMETIC, 12>;
#endif
        default: __builtin_unreachable();
    }
}

// Rows of the next tile. Blocks differ by at most one row, because small tiles are slow.
inline int rows_of_tile(int rows_left) {
    int tiles = (rows_left + TILE_ROWS - 1) / TILE_ROWS;
    return (rows_left + tiles - 1) / tiles;
}

} // namespace
