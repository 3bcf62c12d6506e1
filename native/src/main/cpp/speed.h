// Compares the speed of precisions on this machine.
#pragma once

#include "kernels.h"

namespace embark {

// Returns the time that a typical product takes with `fast` as a multiple of its time with `exact`: the
// minimum of twenty rounds of each, in turns, some two milliseconds. Both multiply weights that need no
// conversion. Returns 0 when out of memory.
double time_ratio(const Kernels & fast, const Kernels & exact);

} // namespace embark
