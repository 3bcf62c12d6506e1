// Attention within sequences, part of kernels_body.h: the keys and values of a head are packed like
// weights, then both products are computed for a few query rows at a time.
#pragma once

namespace {

struct Head {
    char * keys;     // as panels of weights[n][head_size]
    char * values;   // as panels of weights[head_size][n]
    float * scores;  // [TILE_ROWS][n rounded up to panels]
    int16_t * integers; // queries or exponentials: [TILE_ROWS][n or head_size, rounded up to panels]
    float * scales; // of `integers`: [blocks][TILE_ROWS]
};

// Of any arithmetic.
inline size_t attention_panel(int k) {
    return Kernels::panel_size(PANEL, k, Value::F32) + 2 * PANEL * sizeof(float);
}

inline size_t panels_of(int columns) {
    return round_up(columns, PANEL) / PANEL;
}

// Lays out a head; returns the bytes that it needs.
inline size_t lay_out(Head & head, void * scratch, int n, int head_size) {
    const size_t columns = round_up(n < head_size ? head_size : n, PANEL);
    char * const start = static_cast<char *>(scratch);
    char * at = start;
    head.keys = at;
    at += round_up(panels_of(n) * attention_panel(head_size), 64);
    head.values = at;
    at += round_up(panels_of(head_size) * attention_panel(n), 64);
    head.scores = reinterpret_cast<float *>(at);
    at += TILE_ROWS * columns * sizeof(float);
    head.integers = reinterpret_cast<int16_t *>(at);
    at += TILE_ROWS * columns * sizeof(int16_t);
    head.scales = reinterpret_cast<float *>(at);
    at += TILE_ROWS * embark::integer_blocks(static_cast<int>(columns)) * sizeof(float);
    return at - start;
}

size_t attention_scratch(int n, int head_size) {
    Head head;
    return lay_out(head, nullptr, n, head_size);
}

template <Value ARITHMETIC> void pack_keys(const float * from, size_t ld, int n, int head_size, const Head & head) {
    const size_t panel_bytes = Kernels::panel_size(PANEL, head_size, ARITHMETIC);
    const int step = embark::step_of(ARITHMETIC);
    for (int key = 0; key < n; key++) {
        char * panel = head.keys + key / PANEL * panel_bytes;
        const void * values = from + key * ld;
        if constexpr (ARITHMETIC == Value::INT16) {
            integer_scales(panel, head_size)[key % PANEL] =
                quantize_column(from + key * ld, head_size, head.integers);
            values = head.integers;
        }
        const int32_t * steps = static_cast<const int32_t *>(values); // of a float or two integers each
        int32_t * to = reinterpret_cast<int32_t *>(panel) + key % PANEL;
        for (int s = 0; s < (head_size + step - 1) / step; s++) {
            __builtin_memcpy(to + s * PANEL, steps + s, sizeof(*to));
        }
    }
}

template <Value ARITHMETIC>
void pack_values(const float * from, size_t ld, int n, int head_size, bool is_split, char * to) {
    for (int column = 0; column < head_size; column += PANEL) {
        const int columns = least(head_size - column, PANEL);
        if constexpr (ARITHMETIC == Value::INT16) {
            quantize_panel(from + column, ld, n, columns, is_split, to);
        } else {
            for (int row = 0; row < n; row++) {
                __builtin_memcpy(to + row * PANEL * sizeof(float), from + row * ld + column, columns * sizeof(float));
            }
        }
        to += Kernels::panel_size(PANEL, n, ARITHMETIC);
    }
}

// scores = 2^(factor (scores - their maximum)), zero beyond n up to a whole vector; returns their sum.
inline float exponentials(float * scores, int n, float factor) {
    const Vector lowest = all(-__builtin_inff());
    Vector maximum = lowest;
    for (int i = 0; i < n; i += Vector::SIZE) {
        Vector x = load(scores + i);
        maximum = max(maximum, n - i < Vector::SIZE ? first(n - i, x, lowest) : x);
    }
    const Vector shift = all(-largest(maximum) * factor);
    Vector total = zero();
    for (int i = 0; i < n; i += Vector::SIZE) {
        Vector e = exp2(fma(load(scores + i), all(factor), shift));
        e = n - i < Vector::SIZE ? first(n - i, e, zero()) : e;
        total = total + e;
        store(scores + i, e);
    }
    return sum(total);
}

// Sets [0, n) outside [from, to).
inline void fill_outside(float * x, int n, int from, int to, float value) {
    for (int i = 0; i < from; i++) {
        x[i] = value;
    }
    for (int i = to; i < n; i++) {
        x[i] = value;
    }
}

// scores[i] - slope * |i - own|
inline void fade(float * scores, int n, int own, float slope) {
    alignas(64) static const float lanes[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
    for (int i = 0; i < n; i += Vector::SIZE) {
        const Vector offset = load(lanes) + all(static_cast<float>(i - own));
        store(scores + i, fma(max(offset, zero() - offset), all(-slope), load(scores + i)));
    }
}

// Rows of n values, as integers unless ARITHMETIC is F32.
template <Value ARITHMETIC> Rows rows_of(const float * from, size_t ld, int rows, int n, const Head & head) {
    if constexpr (ARITHMETIC == Value::F32) {
        return { reinterpret_cast<const char *>(from), ld * sizeof(float), nullptr, 0 };
    } else {
        const size_t to_ld = round_up(n, PANEL);
        for (int r = 0; r < rows; r++) {
            for (int i = 0; i < n; i += embark::INTEGER_BLOCK) {
                head.scales[i / embark::INTEGER_BLOCK * TILE_ROWS + r] =
                    quantize(from + r * ld + i, least(n - i, embark::INTEGER_BLOCK), head.integers + r * to_ld + i);
            }
        }
        return { reinterpret_cast<const char *>(head.integers), to_ld * sizeof(int16_t), head.scales, TILE_ROWS };
    }
}

// Multiplies a matrix by the scales of its columns.
inline void scale_columns(float * c, size_t c_ld, int rows, const float * scales) {
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < PANEL; v += Vector::SIZE) {
            store(c + r * c_ld + v, load(c + r * c_ld + v) * load(scales + v));
        }
    }
}

// c = a * a panel whose rows [start, start + k) of all `depth` are used.
template <Value ARITHMETIC>
void multiply_panel(const Rows & a, int rows, int start, int k, int depth, const char * panel, float * c, size_t c_ld) {
    const size_t offset = static_cast<size_t>(start) * PANEL * embark::size_of(ARITHMETIC);
    tile_of<ARITHMETIC>(rows)(a, k, panel + offset, c, c_ld);
    if constexpr (ARITHMETIC == Value::INT16) {
        scale_columns(c, c_ld, rows, integer_scales(panel, depth));
    }
}

// The slope applies to unscaled scores.
template <Value ARITHMETIC>
void attend_head(const Head & head, float * q, size_t ld, int n, int head_size, float factor, int window, float slope) {
    const size_t columns = round_up(n, PANEL);
    alignas(64) float c[TILE_ROWS * PANEL];
    float inverse[TILE_ROWS];
    for (int row = 0; row < n;) {
        const int rows = rows_of_tile(n - row);
        // The keys that any of these rows attends to, starting at a panel boundary.
        const int first = row > window ? (row - window) / PANEL * PANEL : 0;
        const int end = window < n - row - rows ? row + rows + window : n;
        const Rows queries = rows_of<ARITHMETIC>(q + row * ld, ld, rows, head_size, head);
        for (int key = first; key < end; key += PANEL) {
            const char * panel = head.keys + key / PANEL * Kernels::panel_size(PANEL, head_size, ARITHMETIC);
            multiply_panel<ARITHMETIC>(queries, rows, 0, head_size, head_size, panel, head.scores + key, columns);
        }
        for (int r = 0; r < rows; r++) {
            float * scores = head.scores + r * columns + first;
            const int own = row + r;
            if (slope != 0) {
                fade(scores, end - first, own - first, slope);
            }
            const int from = own > window ? own - window - first : 0;
            const int to = window < end - own - 1 ? own + window + 1 - first : end - first;
            fill_outside(scores, end - first, from, to, -__builtin_inff());
            inverse[r] = 1.0f / exponentials(scores, end - first, factor);
            fill_outside(scores, end - first, from, to, 0); // 2^-126 so far
        }
        const Rows weights = rows_of<ARITHMETIC>(head.scores + first, columns, rows, end - first, head);
        for (int column = 0; column < head_size; column += PANEL) {
            const char * panel = head.values + column / PANEL * Kernels::panel_size(PANEL, n, ARITHMETIC);
            multiply_panel<ARITHMETIC>(weights, rows, first, end - first, n, panel, c, PANEL);
            for (int r = 0; r < rows; r++) {
                for (int v = 0; v < PANEL && column + v < head_size; v += Vector::SIZE) {
                    store_first(
                        least(head_size - column - v, Vector::SIZE), q + (row + r) * ld + column + v,
                        load(c + r * PANEL + v) * all(inverse[r]));
                }
            }
        }
        row += rows;
    }
}

template <Value ARITHMETIC> void attend_sequence(const Attention & p, int start, int n) {
    const float log2_e = 1.4426950408889634f;
    Head head;
    lay_out(head, p.scratch, n, p.head_size);
    for (int h = 0; h < p.heads; h++) {
        const size_t at = start * p.ld + static_cast<size_t>(h) * p.head_size;
        pack_keys<ARITHMETIC>(p.k + at, p.ld, n, p.head_size, head);
        pack_values<ARITHMETIC>(p.v + at, p.ld, n, p.head_size, p.window < n - 1, head.values);
        attend_head<ARITHMETIC>(
            head, p.q + at, p.ld, n, p.head_size, p.scale * log2_e, p.window,
            p.slopes == nullptr ? 0 : p.slopes[h] / p.scale);
    }
}

template <Value ARITHMETIC> void attend(const Attention & p) {
    for (int sequence = 0; sequence < p.sequences; sequence++) {
        attend_sequence<ARITHMETIC>(p, p.starts[sequence], p.starts[sequence + 1] - p.starts[sequence]);
    }
}

} // namespace
