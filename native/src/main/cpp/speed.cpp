#include "speed.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace embark {

namespace {

const int ROWS = 96;
const int COLUMNS = 64;
const int K = 384;
const int ROUNDS = 20;

using Memory = std::unique_ptr<void, decltype(&std::free)>;

// Zeroed; null when out of memory.
Memory memory_of(size_t bytes) {
    Memory memory(std::aligned_alloc(64, round_up(bytes, 64) + 64), std::free);
    if (memory != nullptr) {
        std::memset(memory.get(), 0, bytes);
    }
    return memory;
}

class Timed {
public:
    explicit Timed(const Kernels & kernels)
        : kernels(kernels), a_ld(kernels.leading_dimension(K)), out_ld(kernels.leading_dimension(COLUMNS)),
          a(memory_of(ROWS * a_ld * sizeof(float))), out(memory_of(ROWS * out_ld * sizeof(float))),
          weights(memory_of(kernels.packed_size(COLUMNS, K, kernels.arithmetic))),
          scratch(memory_of(kernels.product_scratch(ROWS, K, kernels.arithmetic))) {}

    bool has_memory() const {
        return a != nullptr && out != nullptr && weights != nullptr && scratch != nullptr;
    }

    void run() {
        const auto start = std::chrono::steady_clock::now();
        kernels.multiply({ static_cast<float *>(a.get()), a_ld, ROWS, { weights.get(), kernels.arithmetic, COLUMNS, K },
                           nullptr, Epilogue::STORE, static_cast<float *>(out.get()), out_ld, scratch.get(), false });
        least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }

    double seconds() const {
        return least;
    }

private:
    const Kernels & kernels;
    const size_t a_ld;
    const size_t out_ld;
    const Memory a;
    const Memory out;
    const Memory weights;
    const Memory scratch;
    double least = 1e9;
};

} // namespace

double time_ratio(const Kernels & fast, const Kernels & exact) {
    Timed first(fast);
    Timed second(exact);
    if (!first.has_memory() || !second.has_memory()) {
        return 0;
    }
    for (int round = 0; round < ROUNDS; round++) {
        first.run();
        second.run();
    }
    return first.seconds() / second.seconds();
}

} // namespace embark
