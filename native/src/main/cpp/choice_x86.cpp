#include "choice.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "quantized.h"

namespace embark {

namespace {

const char * const NAMES[] = { "none", "avx2", "avx_vnni", "avx512", "avx512_vnni" };

Isa detected() {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("f16c")) {
        return Isa::NONE;
    }
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")
        || !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq")) {
        return Isa::AVX2;
    }
    return __builtin_cpu_supports("avx512vnni") ? Isa::AVX512_VNNI : Isa::AVX512;
}

Isa chosen(const Cpu & cpu, const char * forced) {
    if (forced == nullptr) {
        return cpu.best == Isa::AVX2 && cpu.has_avx_vnni ? Isa::AVX_VNNI : cpu.best;
    }
    for (Isa isa : { Isa::AVX2, Isa::AVX_VNNI, Isa::AVX512, Isa::AVX512_VNNI }) {
        if (std::strcmp(forced, NAMES[static_cast<int>(isa)]) == 0) {
            const bool has = isa == Isa::AVX_VNNI ? cpu.has_avx_vnni && cpu.best != Isa::NONE : isa <= cpu.best;
            return has ? isa : Isa::NONE;
        }
    }
    return Isa::NONE;
}

} // namespace

Cpu this_cpu() {
    __builtin_cpu_init();
    return { detected(), __builtin_cpu_supports("avxvnni") != 0,
             __builtin_cpu_is("haswell") || __builtin_cpu_is("broadwell") || __builtin_cpu_is("znver1")
                 || __builtin_cpu_is("znver2") };
}

const Kernels * kernels_for(Precision precision, Cpu cpu, const char * forced) {
    const bool is_exact = precision == Precision::EXACT;
    switch (chosen(cpu, forced)) {
        case Isa::AVX2: return is_exact || (cpu.is_slow_at_int16 && forced == nullptr) ? &kernels_avx2() : &kernels_avx2_int16();
        case Isa::AVX_VNNI: return is_exact ? &kernels_avx2() : &kernels_avx_vnni();
        case Isa::AVX512: return &kernels_avx512();
        case Isa::AVX512_VNNI: return is_exact ? &kernels_avx512() : &kernels_avx512_vnni();
        default: return nullptr;
    }
}

const QuantizedKernels * quantized_kernels() {
    static const bool has_vnni = chosen(this_cpu(), std::getenv("EMBARK_ACCELERATOR_ISA")) == Isa::AVX512_VNNI;
    return has_vnni ? &quantized_avx512_vnni() : nullptr;
}

} // namespace embark
