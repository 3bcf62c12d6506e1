#include "vector_neon.h"

#define MULTIPLIES_INT16
#define MULTIPLIES_INT8

#include "kernels_body.h"

const embark::Kernels & embark::kernels_neon_dot() {
    static const Kernels kernels = KERNELS("NEON f32", "NEON int8", Value::F32);
    return kernels;
}

const embark::Kernels & embark::kernels_neon_dot_int16() {
    static const Kernels kernels = KERNELS("NEON int16", "NEON int8", Value::INT16);
    return kernels;
}
