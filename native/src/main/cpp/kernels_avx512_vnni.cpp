#include "vector_avx512.h"

#define MULTIPLIES_INT16
#define MULTIPLIES_INT8
#define VNNI_ENCODING ""

#include "kernels_body.h"

const embark::Kernels & embark::kernels_avx512_vnni() {
    static const Kernels kernels = KERNELS("AVX-512 VNNI int16", "AVX-512 VNNI int8", Value::INT16);
    return kernels;
}
