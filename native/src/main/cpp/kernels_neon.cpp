#include "vector_neon.h"

#define MULTIPLIES_INT16

#include "kernels_body.h"

const embark::Kernels & embark::kernels_neon() {
    static const Kernels kernels = KERNELS("NEON f32", nullptr, Value::F32);
    return kernels;
}

const embark::Kernels & embark::kernels_neon_int16() {
    static const Kernels kernels = KERNELS("NEON int16", nullptr, Value::INT16);
    return kernels;
}
