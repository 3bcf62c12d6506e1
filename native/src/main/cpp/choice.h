// Which kernels this machine runs.
#pragma once

#include "kernels.h"

namespace embark {

enum class Precision { EXACT, FAST, INT8 };

// From the least to the most; each machine that has one has those before it.
enum class Isa { NONE, AVX2, AVX512, AVX512_VNNI, AVX512_BF16 };

struct Cpu {
    Isa best;
    bool is_amd; // made by AMD
};

// The CPU of this process.
Cpu this_cpu();

// The kernels of a CPU; `forced` is the value of EMBARK_ACCELERATOR_ISA, null where it is not set.
//
// Null where the CPU has none of the instruction sets, or `forced` names one that it lacks. EXACT computes
// in f32 throughout. FAST computes in bf16 where that is the faster way: AVX512_BF16 does not say so, as
// vdpbf16ps does twice the work of an f32 FMA per cycle on AMD's Zen 4 and 5 and half of it on Intel's
// Emerald Rapids, where MiniLM in bf16 made 3,388 tokens per CPU-second and in f32 4,755. So only AMD's CPUs
// take bf16 unasked. AMX does not change that, as these kernels do not use it and the unit of vdpbf16ps is
// the same with and without it; and a CPU of another maker takes f32 until it is measured. INT8 is
// as FAST but for products of INT8 weights, where the CPU multiplies 8-bit integers: then its other
// values are bf16 on every CPU that has it, with which that Intel CPU made 10,089 tokens per CPU-second.
const Kernels * kernels_for(Precision precision, Cpu cpu, const char * forced);

// Those of this process and its environment.
const Kernels * kernels_for(Precision precision);

} // namespace embark
