#include "choice.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace embark {

namespace {

// From the least to the most; each machine that has one has those before it.
enum class Isa { NONE, AVX2, AVX512, AVX512_VNNI, AVX512_BF16 };

const char * const NAMES[] = { "none", "avx2", "avx512", "avx512_vnni", "avx512_bf16" };

Isa detected() {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) {
        return Isa::NONE;
    }
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")
        || !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq")) {
        return Isa::AVX2;
    }
    if (!__builtin_cpu_supports("avx512vnni")) {
        return Isa::AVX512;
    }
    return __builtin_cpu_supports("avx512bf16") ? Isa::AVX512_BF16 : Isa::AVX512_VNNI;
}

Isa chosen() {
    const Isa best = detected();
    const char * forced = std::getenv("EMBARK_ACCELERATOR_ISA");
    if (forced == nullptr) {
        return best;
    }
    for (Isa isa : { Isa::AVX2, Isa::AVX512, Isa::AVX512_VNNI, Isa::AVX512_BF16 }) {
        if (std::strcmp(forced, NAMES[static_cast<int>(isa)]) == 0) {
            return isa <= best ? isa : Isa::NONE;
        }
    }
    return Isa::NONE;
}

} // namespace

const Kernels * kernels_for(Precision precision) {
    static const Isa isa = chosen();
    switch (isa) {
        case Isa::NONE: return nullptr;
        case Isa::AVX2: return &kernels_avx2();
        case Isa::AVX512: return &kernels_avx512();
        case Isa::AVX512_VNNI: return precision == Precision::INT8 ? &kernels_avx512_vnni() : &kernels_avx512();
        case Isa::AVX512_BF16: return precision == Precision::EXACT ? &kernels_avx512() : &kernels_avx512_bf16();
    }
    return nullptr;
}

} // namespace embark
