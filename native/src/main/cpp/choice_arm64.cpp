#include "choice.h"

#include <cstring>

#include <sys/auxv.h>

#include "quantized.h"

namespace embark {

Cpu this_cpu() {
    return { (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0 ? Isa::NEON_DOT : Isa::NEON, false, true };
}

const Kernels * kernels_for(Precision precision, Cpu cpu, const char * forced) {
    const bool has_dot = cpu.best == Isa::NEON_DOT;
    const bool is_neon = forced != nullptr && std::strcmp(forced, "neon") == 0;
    const bool is_dot = forced != nullptr && std::strcmp(forced, "neon_dot") == 0;
    if (forced != nullptr && !is_neon && !(is_dot && has_dot)) {
        return nullptr;
    }
    const bool is_fast_in_f32 = cpu.is_slow_at_int16 && forced == nullptr;
    if (precision == Precision::EXACT || (precision == Precision::FAST && is_fast_in_f32)) {
        return &kernels_neon();
    }
    if (precision == Precision::INT8 && has_dot && !is_neon) {
        return is_fast_in_f32 ? &kernels_neon_dot() : &kernels_neon_dot_int16();
    }
    return is_fast_in_f32 ? &kernels_neon() : &kernels_neon_int16();
}

const QuantizedKernels * quantized_kernels() {
    return nullptr;
}

} // namespace embark
