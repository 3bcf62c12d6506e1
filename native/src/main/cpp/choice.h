// Which kernels this machine runs.
#pragma once

#include "kernels.h"

namespace embark {

enum class Precision { EXACT, FAST, INT8 };

// Null where the machine has none of the instruction sets, or EMBARK_ACCELERATOR_ISA names one that
// it lacks. EXACT computes in f32 throughout, FAST in bf16 where the machine multiplies it, INT8 as
// FAST, but for products of INT8 weights where the machine multiplies 8-bit integers.
const Kernels * kernels_for(Precision precision);

} // namespace embark
