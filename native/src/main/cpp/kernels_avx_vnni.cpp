#include "vector_avx2.h"

#define MULTIPLIES_INT16
#define MULTIPLIES_INT8

// The tests compile this file a second time, with the encoding of AVX-512: machines with either run them.
#ifndef VNNI_ENCODING
#define VNNI_ENCODING "%{vex%} "
#define KERNELS_AVX_VNNI kernels_avx_vnni
#endif

#include "kernels_body.h"

namespace embark {

const Kernels & KERNELS_AVX_VNNI();

} // namespace embark

const embark::Kernels & embark::KERNELS_AVX_VNNI() {
    static const Kernels kernels = KERNELS("AVX-VNNI int16", "AVX-VNNI int8", Value::INT16);
    return kernels;
}
