#include "vector_avx2.h"

// Accumulators, one panel of weights and one activation value fill the registers.
#define TILE_ROWS 6
#define KERNELS_NAME "AVX2"

namespace {

constexpr int PANEL = 16;

} // namespace

#include "tile_f32.h"

#include "kernels_body.h"

const embark::Kernels & embark::kernels_avx2() {
    return KERNELS;
}
