#include "vector_avx512.h"

#include "kernels_body.h"

const embark::Kernels & embark::kernels_avx512() {
    static const Kernels kernels = KERNELS("AVX-512 f32", nullptr, Value::F32);
    return kernels;
}
