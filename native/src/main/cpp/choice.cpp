#include "choice.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace embark {

namespace {

const char * const NAMES[] = { "none", "avx2", "avx512", "avx512_vnni", "avx512_bf16" };

Isa detected() {
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

Isa chosen(Isa best, const char * forced) {
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

Cpu this_cpu() {
    __builtin_cpu_init();
    return { detected(), __builtin_cpu_is("amd") != 0 };
}

const Kernels * kernels_for(Precision precision, Cpu cpu, const char * forced) {
    const bool takes_bf16 = cpu.is_amd || forced != nullptr;
    switch (chosen(cpu.best, forced)) {
        case Isa::NONE: return nullptr;
        case Isa::AVX2: return &kernels_avx2();
        case Isa::AVX512: return &kernels_avx512();
        case Isa::AVX512_VNNI: return precision == Precision::INT8 ? &kernels_avx512_vnni() : &kernels_avx512();
        case Isa::AVX512_BF16:
            return precision == Precision::EXACT || (precision == Precision::FAST && !takes_bf16) ? &kernels_avx512()
                                                                                                  : &kernels_avx512_bf16();
    }
    return nullptr;
}

const Kernels * kernels_for(Precision precision) {
    static const Cpu cpu = this_cpu();
    static const char * const forced = std::getenv("EMBARK_ACCELERATOR_ISA");
    return kernels_for(precision, cpu, forced);
}

} // namespace embark
