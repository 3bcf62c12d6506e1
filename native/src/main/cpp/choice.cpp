// What the choice has in common on all architectures; choice_x86.cpp and choice_arm64.cpp have the rest.
#include "choice.h"

#include <atomic>
#include <cstdlib>

namespace embark {

namespace {

std::atomic<bool> is_fast_exact{ false };

} // namespace

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
