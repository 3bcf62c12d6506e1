#include "choice.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace embark {

namespace {

const char * const NAMES[] = { "none", "avx2", "avx512", "avx512_vnni" };

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

Isa chosen(Isa best, const char * forced) {
    if (forced == nullptr) {
        return best;
    }
    for (Isa isa : { Isa::AVX2, Isa::AVX512, Isa::AVX512_VNNI }) {
        if (std::strcmp(forced, NAMES[static_cast<int>(isa)]) == 0) {
            return isa <= best ? isa : Isa::NONE;
        }
    }
    return Isa::NONE;
}

std::atomic<bool> is_fast_exact{ false };

} // namespace

Cpu this_cpu() {
    __builtin_cpu_init();
    return { detected(), __builtin_cpu_is("haswell") || __builtin_cpu_is("broadwell") || __builtin_cpu_is("znver1")
                             || __builtin_cpu_is("znver2") };
}

const Kernels * kernels_for(Precision precision, Cpu cpu, const char * forced) {
    const bool is_exact = precision == Precision::EXACT;
    switch (chosen(cpu.best, forced)) {
        case Isa::NONE: return nullptr;
        case Isa::AVX2: return is_exact || (cpu.is_slow_at_int16 && forced == nullptr) ? &kernels_avx2() : &kernels_avx2_int16();
        case Isa::AVX512: return &kernels_avx512();
        case Isa::AVX512_VNNI: return is_exact ? &kernels_avx512() : &kernels_avx512_vnni();
    }
    return nullptr;
}

const Kernels * kernels_for(Precision precision) {
    static const Cpu cpu = this_cpu();
    static const char * const forced = std::getenv("EMBARK_ACCELERATOR_ISA");
    const Kernels * kernels = kernels_for(precision, cpu, forced);
    const bool multiplies_int8 = precision == Precision::INT8 && kernels != nullptr && kernels->int8_name != nullptr;
    return is_fast_exact && !multiplies_int8 ? kernels_for(Precision::EXACT, cpu, forced) : kernels;
}

void use_exact_for_fast() {
    is_fast_exact = true;
}

} // namespace embark
