#include "vector_avx2.h"

#define MULTIPLIES_INT16

#include "kernels_body.h"

const embark::Kernels & embark::kernels_avx2() {
    static const Kernels kernels = KERNELS("AVX2 f32", nullptr, Value::F32);
    return kernels;
}

const embark::Kernels & embark::kernels_avx2_int16() {
    static const Kernels kernels = KERNELS("AVX2 int16", nullptr, Value::INT16);
    return kernels;
}
