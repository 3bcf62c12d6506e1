// Product of ROWS rows of activations and one panel of weights in f32.
#pragma once

#include "kernels.h"

namespace {

using Activation = float;
constexpr embark::Value ACTIVATION = embark::Value::F32;
constexpr int PAIR = 1;

inline Vector load_activation(const Activation * p) { return load(p); }
inline void store_activation(Activation * p, Vector x) { store(p, x); }
inline Vector load_first_activation(int n, const Activation * p) { return load_first(n, p); }
inline void store_first_activation(int n, Activation * p, Vector x) { store_first(n, p, x); }
inline Vector divide(Vector a, Vector b) { return a / b; }

// c[ROWS][PANEL] = a[ROWS][steps] * panel
template <embark::Value WEIGHT, int ROWS>
void tile(const Activation * a, size_t a_ld, int steps, const void * panel, float * c, size_t c_ld) {
    constexpr int VECTORS = PANEL / Vector::SIZE;
    const char * weights = static_cast<const char *>(panel);
    const size_t vector_bytes = Vector::SIZE * (WEIGHT == embark::Value::F32 ? 4 : 2);
    Vector acc[ROWS][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            acc[r][v] = zero();
        }
    }
    for (int s = 0; s < steps; s++) {
        Vector w[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            w[v] = load_weights<WEIGHT>(weights);
            weights += vector_bytes;
        }
#pragma GCC unroll 16
        for (int r = 0; r < ROWS; r++) {
            Vector x = all(a[r * a_ld + s]);
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; v++) {
                acc[r][v] = fma(x, w[v], acc[r][v]);
            }
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < ROWS; r++) {
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; v++) {
            store(c + r * c_ld + v * Vector::SIZE, acc[r][v]);
        }
    }
}

} // namespace
