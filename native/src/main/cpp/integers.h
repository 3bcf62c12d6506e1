// Quantises activations, and weights that are quantised for every product, to the integers of a product.
#pragma once

#include "kernels.h"

namespace {

inline int least(int a, int b) {
    return a < b ? a : b;
}

// The type of activations as integers.
template <embark::Value> struct Integer {
    using Type = int16_t;
};
template <> struct Integer<embark::Value::INT8> {
    using Type = uint8_t;
};

// Returns the scale of n values, n <= INTEGER_BLOCK; zero follows them up to a whole vector.
__attribute__((always_inline)) inline float quantize_values(const float * from, int n, int16_t * to) {
    Vector largest = zero();
    for (int i = 0; i < n; i += Vector::SIZE) {
        largest = larger(largest, absolute(load_first(least(n - i, Vector::SIZE), from + i)));
    }
    const embark::Quantization quantization = embark::quantization_of(larger_of_lanes(largest), embark::INT16_MOST);
    for (int i = 0; i < n; i += Vector::SIZE) {
        store_int16(to + i, load_first(least(n - i, Vector::SIZE), from + i) * all(quantization.factor));
    }
    return quantization.scale;
}

inline float quantize(const float * from, int n, int16_t * to) {
    return n == embark::INTEGER_BLOCK ? quantize_values(from, embark::INTEGER_BLOCK, to) : quantize_values(from, n, to);
}

// The scales of an INT16 panel.
inline float * integer_scales(const void * panel, int k) {
    const size_t values = sizeof(int16_t) * PANEL * round_up(k, 2);
    return reinterpret_cast<float *>(static_cast<char *>(const_cast<void *>(panel)) + values);
}

// Quantises the k weights of a column; returns the scale.
inline float quantize_column(const float * from, int k, int16_t * to) {
    float largest = 0;
    float most = 0; // sum of a block
    for (int block = 0; block < k; block += embark::INTEGER_BLOCK) {
        const int n = least(k - block, embark::INTEGER_BLOCK);
        Vector magnitudes = zero();
        Vector total = zero();
        for (int i = 0; i < n; i += Vector::SIZE) {
            const Vector x = absolute(load_first(least(n - i, Vector::SIZE), from + block + i));
            magnitudes = larger(magnitudes, x);
            total = total + x;
        }
        largest = larger_of_lanes(larger(all(largest), magnitudes));
        most = most > sum(total) ? most : sum(total);
    }
    const embark::Quantization quantization = embark::weights_quantization(largest, most);
    for (int i = 0; i < k; i += Vector::SIZE) {
        store_int16(to + i, load_first(least(k - i, Vector::SIZE), from + i) * all(quantization.factor));
    }
    return quantization.scale;
}

// Quantises a panel of weights from[k][columns], and zero for the remaining columns. Blocks of the product
// may begin anywhere if `is_split`.
inline void quantize_panel(const float * from, size_t ld, int k, int columns, bool is_split, char * panel) {
    int16_t * to = reinterpret_cast<int16_t *>(panel);
    float * scales = integer_scales(panel, k);
    for (int v = 0; v < PANEL; v += Vector::SIZE) {
        const int n = columns < v ? 0 : least(columns - v, Vector::SIZE);
        Vector largest = zero();
        Vector most = zero();
        for (int block = 0; block < k; block += embark::INTEGER_BLOCK) {
            Vector total = zero();
            for (int i = block; i < k && i < block + embark::INTEGER_BLOCK; i++) {
                const Vector x = absolute(load_first(n, from + i * ld + v));
                largest = larger(largest, x);
                total = total + x;
            }
            most = max(most, total);
        }
        alignas(64) float factors[Vector::SIZE];
        alignas(64) float sums[Vector::SIZE];
        store(factors, largest);
        store(sums, is_split ? most + most : most);
        for (int i = 0; i < Vector::SIZE; i++) {
            const embark::Quantization quantization = embark::weights_quantization(factors[i], sums[i]);
            factors[i] = quantization.factor;
            scales[v + i] = quantization.scale;
        }
        const Vector factor = load(factors);
        for (int i = 0; i < k; i += 2) {
            const float * pair = from + i * ld + v;
            const Vector second = i + 1 < k ? load_first(n, pair + ld) : zero();
            store_int16_pairs(to + i * PANEL + 2 * v, load_first(n, pair) * factor, second * factor);
        }
    }
}

#ifdef MULTIPLIES_INT8

// Unnormalised Hadamard transform of INTEGER_BLOCK values.
inline void rotate(Vector * x) {
    constexpr int VECTORS = embark::INTEGER_BLOCK / Vector::SIZE;
#pragma GCC unroll 3
    for (int distance = 1; distance < VECTORS; distance *= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < VECTORS; i++) {
            if ((i & distance) == 0) {
                const Vector a = x[i];
                const Vector b = x[i + distance];
                x[i] = a + b;
                x[i + distance] = a - b;
            }
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < VECTORS; i++) {
        x[i] = rotate_lanes(x[i]);
    }
}

// Rotates a block of INTEGER_BLOCK activations and converts it to 8-bit integers, plus INT8_BIAS if
// IS_INT8_BIASED. Returns the scale.
inline float quantize(const float * from, int, uint8_t * to) {
    constexpr int VECTORS = embark::INTEGER_BLOCK / Vector::SIZE;
    Vector x[VECTORS];
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; v++) {
        x[v] = load(from + v * Vector::SIZE);
    }
    rotate(x);
    Vector largest = zero();
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; v++) {
        largest = larger(largest, absolute(x[v]));
    }
    const embark::Quantization quantization = embark::quantization_of(larger_of_lanes(largest), embark::INT8_MOST);
    const Vector factor = all(quantization.factor);
#pragma GCC unroll 8
    for (int v = 0; v < VECTORS; v++) {
        store_int8(to + v * Vector::SIZE, fma(x[v], factor, all(embark::INT8_BIAS)));
    }
    return quantization.scale;
}

#endif

} // namespace
