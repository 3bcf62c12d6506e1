// Attention within sequences, part of kernels_body.h: the keys and values of a head are packed like
// weights, then both products are computed for a few query rows at a time.
#pragma once

namespace {

struct Head {
    Activation * keys;   // panels of keys: [n / PANEL][head_size / PAIR][PANEL][PAIR]
    Activation * values; // panels of values: [head_size / PANEL][n / PAIR][PANEL][PAIR]
    float * scores;      // [TILE_ROWS][n rounded up to panels]
    Activation * weights; // same shape
};

inline int steps_of(int n) {
    return (n + PAIR - 1) / PAIR;
}

size_t attention_scratch(int n, int head_size) {
    size_t columns = round_up(n, PANEL);
    size_t keys = columns * head_size * sizeof(Activation);
    size_t values = round_up(head_size, PANEL) * steps_of(n) * PAIR * sizeof(Activation);
    return round_up(keys, 64) + round_up(values, 64) + TILE_ROWS * columns * (sizeof(float) + sizeof(Activation));
}

inline Head head_in(void * scratch, int n, int head_size) {
    size_t columns = round_up(n, PANEL);
    char * at = static_cast<char *>(scratch);
    Head head;
    head.keys = reinterpret_cast<Activation *>(at);
    at += round_up(columns * head_size * sizeof(Activation), 64);
    head.values = reinterpret_cast<Activation *>(at);
    at += round_up(round_up(head_size, PANEL) * steps_of(n) * PAIR * sizeof(Activation), 64);
    head.scores = reinterpret_cast<float *>(at);
    at += TILE_ROWS * columns * sizeof(float);
    head.weights = reinterpret_cast<Activation *>(at);
    return head;
}

// head_size is a multiple of PAIR.
inline void pack_keys(const Activation * from, size_t ld, int n, int head_size, Activation * to) {
    const int steps = head_size / PAIR;
    for (int key = 0; key < n; key++) {
        const Activation * k = from + key * ld;
        Activation * out = to + (key / PANEL * steps * PANEL + key % PANEL) * PAIR;
        for (int s = 0; s < steps; s++) {
            __builtin_memcpy(out + s * PANEL * PAIR, k + s * PAIR, PAIR * sizeof(Activation));
        }
    }
}

inline void pack_values(const Activation * from, size_t ld, int n, int head_size, Activation * to) {
    static const Activation nothing[PANEL] = {};
    for (int column = 0; column < head_size; column += PANEL) {
        const int columns = head_size - column < PANEL ? head_size - column : PANEL;
        for (int row = 0; row < n; row += PAIR) {
            const Activation * first = from + row * ld + column;
            if constexpr (PAIR == 1) {
                __builtin_memcpy(to, first, columns * sizeof(Activation));
            } else {
                const Activation * second = row + 1 < n ? first + ld : nothing;
                for (int c = 0; c < columns; c++) {
                    to[2 * c] = first[c];
                    to[2 * c + 1] = second[c];
                }
            }
            to += PANEL * PAIR;
        }
    }
}

// weights = 2^(factor (scores - their maximum)), zero beyond n up to a whole vector; returns their sum.
inline float exponentials(const float * scores, int n, float factor, Activation * weights) {
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
        store_activation(weights + i, e);
    }
    return sum(total);
}

// Sets the scores of [0, n) outside [from, to) to minus infinity.
inline void hide(float * scores, int n, int from, int to) {
    for (int i = 0; i < from; i++) {
        scores[i] = -__builtin_inff();
    }
    for (int i = to; i < n; i++) {
        scores[i] = -__builtin_inff();
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

// The slope applies to unscaled scores.
void attend_head(
    const Head & head, Activation * q, size_t ld, int n, int head_size, float factor, int window, float slope) {
    const size_t columns = round_up(n, PANEL);
    const int key_steps = head_size / PAIR;
    alignas(64) float c[TILE_ROWS * PANEL];
    float inverse[TILE_ROWS];
    for (int row = 0; row < n;) {
        const int rows = rows_of_tile(n - row);
        const Tile tile = tile_of<ACTIVATION>(rows);
        // The keys that any of these rows attends to, starting at a panel boundary.
        const int first = row > window ? (row - window) / PANEL * PANEL : 0;
        const int end = window < n - row - rows ? row + rows + window : n;
        for (int key = first; key < end; key += PANEL) {
            tile(q + row * ld, ld, key_steps, head.keys + static_cast<size_t>(key) * key_steps * PAIR, head.scores + key, columns);
        }
        for (int r = 0; r < rows; r++) {
            float * scores = head.scores + r * columns + first;
            const int own = row + r;
            if (slope != 0) {
                fade(scores, end - first, own - first, slope);
            }
            const int from = own > window ? own - window - first : 0;
            hide(scores, end - first, from, window < end - own - 1 ? own + window + 1 - first : end - first);
            inverse[r] = 1.0f / exponentials(scores, end - first, factor, head.weights + r * columns + first);
        }
        for (int column = 0; column < head_size; column += PANEL) {
            const size_t values = (static_cast<size_t>(column) * steps_of(n) + static_cast<size_t>(first) / PAIR * PANEL) * PAIR;
            tile(head.weights + first, columns, steps_of(end - first), head.values + values, c, PANEL);
            for (int r = 0; r < rows; r++) {
                for (int v = 0; v < PANEL && column + v < head_size; v += Vector::SIZE) {
                    const int left = head_size - column - v;
                    store_first_activation(
                        left < Vector::SIZE ? left : Vector::SIZE, q + (row + r) * ld + column + v,
                        load(c + r * PANEL + v) * all(inverse[r]));
                }
            }
        }
        row += rows;
    }
}

void attend(const Attention & p) {
    const float log2_e = 1.4426950408889634f;
    for (int sequence = 0; sequence < p.sequences; sequence++) {
        const size_t start = p.starts[sequence];
        const int n = p.starts[sequence + 1] - p.starts[sequence];
        const Head head = head_in(p.scratch, n, p.head_size);
        for (int h = 0; h < p.heads; h++) {
            const size_t at = start * p.ld + static_cast<size_t>(h) * p.head_size;
            pack_keys(static_cast<const Activation *>(p.k) + at, p.ld, n, p.head_size, head.keys);
            pack_values(static_cast<const Activation *>(p.v) + at, p.ld, n, p.head_size, head.values);
            attend_head(
                head, static_cast<Activation *>(p.q) + at, p.ld, n, p.head_size, p.scale * log2_e, p.window,
                p.slopes == nullptr ? 0 : p.slopes[h] / p.scale);
        }
    }
}

} // namespace
