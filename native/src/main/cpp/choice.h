// Selects the kernels for this machine.
#pragma once

#include "kernels.h"

namespace embark {

enum class Precision { EXACT, FAST, INT8 };

// In ascending order for each architecture; a machine that supports one supports all before it, except
// AVX_VNNI.
enum class Isa { NONE, AVX2, AVX_VNNI, AVX512, AVX512_VNNI, NEON, NEON_DOT };

struct Cpu {
    Isa best; // other than AVX_VNNI
    bool has_avx_vnni;
    // The unit for vpmaddwd is half as wide as those for FMAs, or there is one of it instead of two: Haswell,
    // Broadwell, Zen and Zen 2.
    bool is_slow_at_int16;
};

// Returns the CPU of this process.
Cpu this_cpu();

// Returns the kernels for a CPU of the architecture that this is compiled for; `forced` is the value of
// EMBARK_ACCELERATOR_ISA, or null if unset. Returns null if the CPU has none of the instruction sets or lacks
// the one that `forced` names.
//
// EXACT computes in f32 throughout. FAST multiplies 16-bit integers where one instruction multiplies more
// of them than of f32: with AVX-512 VNNI or AVX-VNNI (vpdpwssd) and on most CPUs with AVX2 (vpmaddwd), but
// not with AVX-512 alone, where vpmaddwd and vpaddd together take as long as two FMAs, and not on ARM64, where
// SMLAL multiplies as many as an FMLA and Arm's Neoverse N1 has half as many units for it. INT8 is like FAST
// except for products with INT8 weights on CPUs that multiply 8-bit integers. AVX2 without VNNI does not:
// vpmaddubsw needs vpsignb to stay within 16 bits, and takes longer than vpmaddwd on 16-bit integers. The
// figures are in bench/results/2026-11-29-kernels.md. bfloat16 is not used:
// vdpbf16ps runs at half the rate of an f32 FMA on Intel's Emerald Rapids, and on AMD's Zen 4, where it runs
// at the rate of vpdpwssd, MiniLM is 7 to 10 % faster with it at fifty times the error.
//
// A forced instruction set of ARM64 multiplies 16-bit integers all the same, with the results of x86.
const Kernels * kernels_for(Precision precision, Cpu cpu, const char * forced);

// Returns the kernels for this process and its environment.
const Kernels * kernels_for(Precision precision);

// From now on FAST, and INT8 on CPUs where it is the same, uses the kernels of EXACT in this process. Call
// before a model is loaded.
void use_exact_for_fast();

} // namespace embark
