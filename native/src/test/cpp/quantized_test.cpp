// Products with quantised weights against those of ggml's CPU backend, bit by bit.

#include "quantized_test.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include <dlfcn.h>

#include "ggml-backend.h"
#include "kernels.h"
#include "quantized.h"

using namespace embark;

namespace {

// The libraries of ggml's CPU backend are next to this one.
std::string folder_of_ggml() {
    Dl_info info;
    if (dladdr(reinterpret_cast<void *>(ggml_init), &info) == 0) {
        return "";
    }
    const std::string path = info.dli_fname;
    return path.substr(0, path.find_last_of('/') + 1);
}

// Null if this machine does not have the instructions of the library.
ggml_backend_t cpu_backend(const std::string & library) {
    void * handle = dlopen((folder_of_ggml() + library).c_str(), RTLD_NOW);
    if (handle == nullptr || reinterpret_cast<int (*)()>(dlsym(handle, "ggml_backend_score"))() == 0) {
        return nullptr;
    }
    ggml_backend_reg_t registry = reinterpret_cast<ggml_backend_reg_t (*)()>(dlsym(handle, "ggml_backend_init"))();
    ggml_backend_t cpu = ggml_backend_dev_init(ggml_backend_reg_dev_get(registry, 0), nullptr);
    // More threads would wait for each other in loops.
    reinterpret_cast<ggml_backend_set_n_threads_t>(
        ggml_backend_reg_get_proc_address(registry, "ggml_backend_set_n_threads"))(cpu, 1);
    return cpu;
}

struct Case {
    ggml_type type;
    int n;
    int k;
    int rows;
};

std::vector<float> random_values(size_t count, float deviation, std::mt19937 & generator) {
    std::normal_distribution<float> distribution(0, deviation);
    std::vector<float> values(count);
    for (float & value : values) {
        value = distribution(generator);
    }
    return values;
}

// ggml's product of `rows` rows, of which each is computed alone.
std::vector<float> product_of_ggml(ggml_backend_t cpu, const Case & c, const void * weights, const std::vector<float> & in) {
    std::unique_ptr<ggml_context, decltype(&ggml_free)> memory(
        ggml_init({ 1 << 20, nullptr, true }), ggml_free);
    ggml_tensor * w = ggml_new_tensor_2d(memory.get(), c.type, c.k, c.n);
    ggml_tensor * x = ggml_new_tensor_2d(memory.get(), GGML_TYPE_F32, c.k, 1);
    ggml_tensor * y = ggml_mul_mat(memory.get(), w, x);
    ggml_cgraph * graph = ggml_new_graph(memory.get());
    ggml_build_forward_expand(graph, y);
    std::vector<float> out(static_cast<size_t>(c.rows) * c.n);
    w->data = const_cast<void *>(weights);
    for (int row = 0; row < c.rows; row++) {
        x->data = const_cast<float *>(in.data() + static_cast<size_t>(row) * c.k);
        y->data = out.data() + static_cast<size_t>(row) * c.n;
        ggml_backend_graph_compute(cpu, graph);
    }
    return out;
}

void product_is_ggmls(ggml_backend_t cpu, const std::string & library, const Case & c, const Check & check) {
    const QuantizedKernels & kernels = *quantized_kernels();
    std::mt19937 generator(c.type * 1000 + c.rows);
    const std::vector<float> values = random_values(static_cast<size_t>(c.n) * c.k, 0.1f, generator);
    std::vector<float> in = random_values(static_cast<size_t>(c.rows) * c.k, 1, generator);
    std::fill(in.begin(), in.begin() + 32, 0.0f); // a block without a scale
    std::vector<char> weights(ggml_row_size(c.type, c.k) * c.n);
    ggml_quantize_chunk(c.type, values.data(), weights.data(), 0, c.n, c.k, nullptr);
    const std::vector<float> expected = product_of_ggml(cpu, c, weights.data(), in);

    std::vector<float> out(expected.size());
    std::vector<char> scratch(kernels.scratch(c.type, c.rows, c.k) + 64);
    char * aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64) % 64;
    for (const bool again : { false, true }) {
        std::fill(out.begin(), out.end(), 0.0f);
        kernels.multiply({ c.type, weights.data(), c.n, c.k, in.data(), static_cast<size_t>(c.k), c.rows, out.data(),
                           static_cast<size_t>(c.n), aligned, again });
        check(std::memcmp(out.data(), expected.data(), out.size() * sizeof(float)) == 0,
              std::string(ggml_type_name(c.type)) + " [" + std::to_string(c.rows) + "][" + std::to_string(c.k)
                  + "] has the bits of " + library);
    }
}

} // namespace

void quantized_products_are_ggmls(const Check & check) {
    if (quantized_kernels() == nullptr) {
        return;
    }
    // All of ggml's libraries with AVX2 compute the same bits.
    for (const std::string library : { "libggml-cpu-haswell.so", "libggml-cpu-icelake.so", "libggml-cpu-zen4.so" }) {
        ggml_backend_t cpu = cpu_backend(library);
        if (cpu == nullptr) {
            continue;
        }
        std::printf("quantised products and %s\n", library.c_str());
        for (int type = 0; type < GGML_TYPE_COUNT; type++) {
            for (const int k : { 32, 96, 256, 1024 }) {
                const ggml_type t = static_cast<ggml_type>(type);
                if (quantized_kernels()->activations(t, k) >= 0) {
                    for (const int rows : { 1, 2, 3, 6, 11, 21 }) {
                        product_is_ggmls(cpu, library, { t, 19, k, rows }, check);
                    }
                }
            }
        }
        ggml_backend_free(cpu);
    }
}
