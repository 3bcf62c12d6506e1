// Selects the kernels for this machine.
#pragma once

#include "kernels.h"

namespace embark {

enum class Precision { EXACT, FAST, INT8 };

// In ascending order; a machine that supports one supports all before it.
enum class Isa { NONE, AVX2, AVX512, AVX512_VNNI, AVX512_BF16 };

struct Cpu {
    Isa best;
    bool is_amd; // manufactured by AMD
};

// Returns the CPU of this process.
Cpu this_cpu();

// Returns the kernels for a CPU; `forced` is the value of EMBARK_ACCELERATOR_ISA, or null if unset. Returns
// null if the CPU has none of the instruction sets or lacks the one that `forced` names.
//
// EXACT computes in f32 throughout. FAST computes in bf16 where that is faster, which AVX512_BF16 alone
// does not imply: vdpbf16ps does twice the work of an f32 FMA per cycle on AMD's Zen 4 and 5, but half of
// it on Intel's Emerald Rapids, where MiniLM reached 3,388 tokens per CPU-second in bf16 and 4,755 in f32.
// Therefore only AMD CPUs use bf16 by default. AMX makes no difference, because these kernels do not use it
// and vdpbf16ps runs on the same unit with and without it. CPUs of other vendors use f32 until they are
// measured. INT8 is like FAST except for products with INT8 weights on CPUs that multiply 8-bit integers:
// all other values are then bf16 on every CPU with AVX512_BF16, with which that Intel CPU reached 10,089
// tokens per CPU-second.
const Kernels * kernels_for(Precision precision, Cpu cpu, const char * forced);

// Returns the kernels for this process and its environment.
const Kernels * kernels_for(Precision precision);

} // namespace embark
