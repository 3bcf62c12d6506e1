#include "vector_avx512.h"

// Accumulators, one panel of weights and one activation value fill the registers.
#define TILE_ROWS 12
#define KERNELS_NAME "AVX-512 BF16"
#define INT8_NAME "AVX-512 BF16 and VNNI"

namespace {

constexpr int PANEL = 32;

} // namespace

#include "tile_bf16.h"
#include "tile_int8.h"

#include "kernels_body.h"

const embark::Kernels & embark::kernels_avx512_bf16() {
    return KERNELS;
}
