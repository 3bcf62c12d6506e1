// The ggml backend: one device of type ACCEL that computes encoders with packed weights, and products of decoders.
//
// llama.cpp creates a backend of each such device for every context. Nodes that the device supports are
// computed here: whole encoders by run(), products one at a time, all other nodes by ggml's CPU backend.

#include <atomic>
#include <climits>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <unordered_map>

#include "decoder.h"
#include "ggml-backend-impl.h"
#include "matcher.h"
#include "segments.h"
#include "speed.h"
#include "weights.h"
#include "weights_memory.h"

namespace embark {

namespace {

// For tests: an encoder that is not matched yields the same results, only more slowly.
std::atomic<int64_t> encoders_computed{ 0 };

struct Context {
    Workspace workspace;
    QuantizedProducts products;
    ggml_backend_t cpu = nullptr; // created on first use
    ggml_abort_callback is_cancelled = nullptr;
    void * data = nullptr;

    ~Context() {
        ggml_backend_free(cpu);
    }
};

Context & context_of(ggml_backend_t backend) {
    return *static_cast<Context *>(backend->context);
}

template <typename Function> Function cpu_function(ggml_backend_t cpu, const char * name) {
    ggml_backend_reg_t registry = ggml_backend_dev_backend_reg(ggml_backend_get_device(cpu));
    return reinterpret_cast<Function>(ggml_backend_reg_get_proc_address(registry, name));
}

// One thread, like the contexts; null on failure.
ggml_backend_t cpu_of(Context & context) {
    if (context.cpu == nullptr) {
        context.cpu = ggml_backend_init_by_type(GGML_BACKEND_DEVICE_TYPE_CPU, nullptr);
        if (context.cpu != nullptr) {
            cpu_function<ggml_backend_set_n_threads_t>(context.cpu, "ggml_backend_set_n_threads")(context.cpu, 1);
        }
    }
    return context.cpu;
}

// Copies n values of each row and makes the remaining ones of the copy zero.
void copy_rows(const float * from, size_t from_ld, float * to, size_t to_ld, int rows, int n) {
    for (int row = 0; row < rows; row++) {
        std::memcpy(to + row * to_ld, from + row * from_ld, n * sizeof(float));
        std::memset(to + row * to_ld + n, 0, (to_ld - n) * sizeof(float));
    }
}

// A single product: out[rows][n] in f32.
ggml_status multiply(Context & context, ggml_tensor * node) {
    const Kernels & kernels = kernels_of(node->src[0]);
    const Packed weights = packed(node->src[0]);
    const int rows = static_cast<int>(node->ne[1]);
    const size_t a_ld = kernels.leading_dimension(weights.k);
    const size_t out_ld = kernels.leading_dimension(weights.n);
    const size_t scratch = kernels.product_scratch(rows, weights.k, weights.value);
    char * memory = context.workspace.of(scratch + rows * (a_ld + out_ld) * sizeof(float));
    if (memory == nullptr) {
        return GGML_STATUS_ALLOC_FAILED;
    }
    float * a = reinterpret_cast<float *>(memory + round_up(scratch, sizeof(float)));
    float * out = a + rows * a_ld;
    copy_rows(static_cast<const float *>(node->src[1]->data), weights.k, a, a_ld, rows, weights.k);
    std::memset(out, 0, rows * out_ld * sizeof(float));
    kernels.multiply({ a, a_ld, rows, weights, nullptr, Epilogue::ADD, out, out_ld, memory, false });
    copy_rows(out, out_ld, static_cast<float *>(node->data), weights.n, rows, weights.n);
    return GGML_STATUS_SUCCESS;
}

ggml_status normalize(Context & context, const Normalization & step) {
    const Kernels & kernels = *kernels_for(Precision::FAST);
    const int d = static_cast<int>(step.in->ne[0]);
    const int rows = static_cast<int>(step.in->ne[1]);
    const size_t ld = kernels.leading_dimension(d);
    float * x = reinterpret_cast<float *>(context.workspace.of(rows * ld * sizeof(float)));
    if (x == nullptr) {
        return GGML_STATUS_ALLOC_FAILED;
    }
    copy_rows(static_cast<const float *>(step.in->data), d, x, ld, rows, d);
    kernels.normalize({ x, x, ld, rows, d, step.norm.epsilon, step.norm.weight, step.norm.bias });
    copy_rows(x, ld, static_cast<float *>(step.out->data), d, rows, d);
    return GGML_STATUS_SUCCESS;
}

ggml_status pool(const MeanPooling & step) {
    kernels_for(Precision::FAST)->pool(
        { static_cast<const float *>(step.rows->data), static_cast<int>(step.rows->ne[1]),
          static_cast<int>(step.rows->ne[0]), static_cast<const float *>(step.factors->data),
          static_cast<int>(step.out->ne[1]), static_cast<float *>(step.out->data) });
    return GGML_STATUS_SUCCESS;
}

// Computes nodes[first ... end), none of which uses packed weights.
ggml_status compute_on_cpu(Context & context, ggml_cgraph * graph, int first, int end) {
    ggml_backend_t cpu = cpu_of(context);
    if (cpu == nullptr) {
        return GGML_STATUS_ALLOC_FAILED;
    }
    cpu_function<ggml_backend_set_abort_callback_t>(cpu, "ggml_backend_set_abort_callback")(
        cpu, context.is_cancelled, context.data);
    const size_t nodes = end - first;
    std::unique_ptr<ggml_context, decltype(&ggml_free)> memory(
        ggml_init({ ggml_graph_overhead_custom(nodes, false), nullptr, true }), ggml_free);
    if (memory == nullptr) {
        return GGML_STATUS_ALLOC_FAILED;
    }
    ggml_cgraph * part = ggml_new_graph_custom(memory.get(), nodes, false);
    for (int i = first; i < end; i++) {
        ggml_graph_add_node(part, ggml_graph_node(graph, i));
    }
    return ggml_backend_graph_compute(cpu, part);
}

bool is_packed_product(const ggml_tensor * node) {
    return node->op == GGML_OP_MUL_MAT && is_packed(node->src[0]);
}

// A step of some nodes that is computed here.
struct Step {
    int nodes;
    std::function<ggml_status()> compute;
};

// Returns the step that starts with a node, if there is one.
std::optional<Step> step_at(Context & context, ggml_cgraph * graph, int first) {
    ggml_tensor * node = ggml_graph_node(graph, first);
    if (is_packed_product(node)) {
        return Step{ 1, [=, &context] { return multiply(context, node); } };
    }
    if (is_quantized_product(node)) {
        return Step{ 1, [=, &context] { return context.products.multiply(node); } };
    }
    if (const auto pooling = pooling_at(graph, first)) {
        return Step{ 2, [=] { return pool(*pooling); } };
    }
    if (const auto norm = normalization_at(graph, first)) {
        return Step{ norm->nodes, [=, &context] { return normalize(context, *norm); } };
    }
    return std::nullopt;
}

// Computes nodes[first ... end) in order.
ggml_status compute_nodes(Context & context, ggml_cgraph * graph, int first, int end) {
    ggml_status status = GGML_STATUS_SUCCESS;
    int others = first; // nodes[others ... first) are left to ggml
    while (first < end && status == GGML_STATUS_SUCCESS) {
        const std::optional<Step> step = step_at(context, graph, first);
        if (!step) {
            first++;
            continue;
        }
        status = others < first ? compute_on_cpu(context, graph, others, first) : status;
        status = status == GGML_STATUS_SUCCESS ? step->compute() : status;
        first += step->nodes;
        others = first;
    }
    return status == GGML_STATUS_SUCCESS && others < end ? compute_on_cpu(context, graph, others, end) : status;
}

bool keeps_all(const ggml_tensor * ids, int rows) {
    for (int row = 0; ids != nullptr && row < rows; row++) {
        if (static_cast<const int32_t *>(ids->data)[row] != row) {
            return false;
        }
    }
    return true;
}

const uint16_t * data_of(const ggml_tensor * mask) {
    return static_cast<const uint16_t *>(mask->data);
}

// Sets the windows of the layers and returns the first rows of the sequences; empty if the encoder cannot
// run on this batch.
std::vector<int> sequences_of(Match & match) {
    const int rows = static_cast<int>(match.in->ne[1]);
    const bool fades = !match.encoder.slopes.empty();
    std::vector<int> starts;
    std::unordered_map<const ggml_tensor *, std::optional<int>> windows;
    for (size_t i = 0; i < match.masks.size() && starts.empty() && keeps_all(match.ids, rows); i++) {
        starts = segments_of(data_of(match.masks[i]), rows, fades);
        windows = { { match.masks[i], INT_MAX } };
    }
    for (size_t i = 0; i < match.masks.size() && !starts.empty(); i++) {
        const ggml_tensor * mask = match.masks[i];
        if (windows.count(mask) == 0) {
            windows[mask] = window_of(data_of(mask), rows, fades, starts);
        }
        if (!windows[mask]) {
            return {};
        }
        match.encoder.layers[i].window = *windows[mask];
    }
    return starts;
}

ggml_status compute_encoder(Context & context, const Match & match, const std::vector<int> & starts) {
    const Batch batch = { static_cast<const float *>(match.in->data), static_cast<float *>(match.out->data),
                          static_cast<int>(match.in->ne[1]), starts,
                          match.positions == nullptr ? nullptr : static_cast<const int32_t *>(match.positions->data) };
    const Run run = embark::run(match.encoder, batch, context.workspace, context.is_cancelled, context.data);
    switch (run) {
        case Run::DONE: encoders_computed++; return GGML_STATUS_SUCCESS;
        case Run::CANCELLED: return GGML_STATUS_ABORTED;
        case Run::OUT_OF_MEMORY: return GGML_STATUS_ALLOC_FAILED;
    }
    return GGML_STATUS_FAILED;
}

ggml_status compute(ggml_backend_t backend, ggml_cgraph * graph) try {
    Context & context = context_of(backend);
    context.products.forget();
    const int end = ggml_graph_n_nodes(graph);
    std::optional<Match> match = match_encoder(graph);
    const std::vector<int> starts = match ? sequences_of(*match) : std::vector<int>();
    if (starts.empty()) {
        return compute_nodes(context, graph, 0, end);
    }
    ggml_status status = compute_nodes(context, graph, 0, match->first);
    if (status == GGML_STATUS_SUCCESS) {
        status = compute_encoder(context, *match, starts);
    }
    return status == GGML_STATUS_SUCCESS ? compute_nodes(context, graph, match->end, end) : status;
} catch (const std::bad_alloc &) {
    return GGML_STATUS_ALLOC_FAILED;
}

const char * backend_name(ggml_backend_t) {
    return "Embark";
}

void free_backend(ggml_backend_t backend) {
    delete &context_of(backend);
    delete backend;
}

void set_abort_callback(ggml_backend_t backend, ggml_abort_callback is_cancelled, void * data) {
    context_of(backend).is_cancelled = is_cancelled;
    context_of(backend).data = data;
}

ggml_backend_t make_backend(ggml_backend_dev_t device, const char *) {
    static ggml_guid guid = { 0x65, 0x6d, 0x62, 0x61, 0x72, 0x6b, 0x2d, 0x65, 0x6e, 0x63, 0x6f, 0x64, 0x65, 0x72, 0x2d, 0x31 };
    Context * context = new (std::nothrow) Context();
    ggml_backend * backend = context == nullptr ? nullptr : new (std::nothrow) ggml_backend();
    if (backend == nullptr) {
        delete context;
        return nullptr;
    }
    backend->guid = &guid;
    backend->iface.get_name = backend_name;
    backend->iface.free = free_backend;
    backend->iface.graph_compute = compute;
    backend->device = device;
    backend->context = context;
    return backend;
}

const char * device_name(ggml_backend_dev_t) {
    return "Embark";
}

const char * device_description(ggml_backend_dev_t) {
    return kernels_for(Precision::FAST)->name;
}

void device_memory(ggml_backend_dev_t, size_t * free, size_t * total) {
    *free = 0;
    *total = 0;
}

enum ggml_backend_dev_type device_type(ggml_backend_dev_t) {
    return GGML_BACKEND_DEVICE_TYPE_ACCEL;
}

void device_properties(ggml_backend_dev_t device, ggml_backend_dev_props * properties) {
    *properties = {};
    properties->name = device_name(device);
    properties->description = device_description(device);
    properties->type = device_type(device);
}

// Tensors that this backend and ggml's CPU backend exchange are in CPU memory.
ggml_backend_buffer_type_t device_buffer_type(ggml_backend_dev_t) {
    return ggml_backend_cpu_buffer_type();
}

bool supports_operation(ggml_backend_dev_t, const ggml_tensor * node) {
    return node->op == GGML_OP_NONE ? is_packed(node) : may_be_encoder(node) || is_wanted_product(node);
}

bool supports_buffer_type(ggml_backend_dev_t device, ggml_backend_buffer_type_t type) {
    return ggml_backend_buft_is_host(type) || type->device == device;
}

const char * registry_name(ggml_backend_reg_t) {
    return "Embark";
}

size_t device_count(ggml_backend_reg_t) {
    return 1;
}

ggml_backend_dev_t device_of(ggml_backend_reg_t registry, size_t) {
    return static_cast<ggml_backend_dev_t>(registry->context);
}

Precision precision_of(const char * name) {
    return std::strcmp(name, "exact") == 0 ? Precision::EXACT
        : std::strcmp(name, "int8") == 0   ? Precision::INT8
                                           : Precision::FAST;
}

ggml_backend_buffer_type_t weights_by_name(const char * precision) {
    return weights_buffer_type(precision_of(precision));
}

const char * kernels_by_name(const char * name) {
    const Precision precision = precision_of(name);
    const Kernels & kernels = *kernels_for(precision);
    return precision == Precision::INT8 && kernels.int8_name != nullptr ? kernels.int8_name : kernels.name;
}

double fast_time_ratio() {
    return time_ratio(*kernels_for(Precision::FAST), *kernels_for(Precision::EXACT));
}

int64_t count_encoders() {
    return encoders_computed;
}

// embark_llama.h uses the names that start with embark_.
void * function_by_name(ggml_backend_reg_t, const char * name) {
    if (std::strcmp(name, "ggml_backend_set_abort_callback") == 0) {
        return reinterpret_cast<void *>(set_abort_callback);
    }
    if (std::strcmp(name, "embark_accelerator_weights") == 0) {
        return reinterpret_cast<void *>(weights_by_name);
    }
    if (std::strcmp(name, "embark_accelerator_kernels") == 0) {
        return reinterpret_cast<void *>(kernels_by_name);
    }
    if (std::strcmp(name, "embark_accelerator_encoders") == 0) {
        return reinterpret_cast<void *>(count_encoders);
    }
    if (std::strcmp(name, "embark_accelerator_time_ratio") == 0) {
        return reinterpret_cast<void *>(fast_time_ratio);
    }
    if (std::strcmp(name, "embark_accelerator_use_exact") == 0) {
        return reinterpret_cast<void *>(use_exact_for_fast);
    }
    if (std::strcmp(name, "embark_accelerator_use_products") == 0) {
        return reinterpret_cast<void *>(use_quantized_products);
    }
    if (std::strcmp(name, "embark_accelerator_use_weights") == 0) {
        return reinterpret_cast<void *>(WeightsMemory::use_file);
    }
    if (std::strcmp(name, "embark_accelerator_write_weights") == 0) {
        return reinterpret_cast<void *>(WeightsMemory::write_file);
    }
    if (std::strcmp(name, "embark_accelerator_forget_pages") == 0) {
        return reinterpret_cast<void *>(forget_pages);
    }
    return nullptr;
}

ggml_backend_reg_t make_registry() {
    static ggml_backend_reg registry = {};
    static ggml_backend_device device = {};
    device.iface.get_name = device_name;
    device.iface.get_description = device_description;
    device.iface.get_memory = device_memory;
    device.iface.get_type = device_type;
    device.iface.get_props = device_properties;
    device.iface.init_backend = make_backend;
    device.iface.get_buffer_type = device_buffer_type;
    device.iface.supports_op = supports_operation;
    device.iface.supports_buft = supports_buffer_type;
    device.reg = &registry;
    registry.api_version = GGML_BACKEND_API_VERSION;
    registry.iface.get_name = registry_name;
    registry.iface.get_device_count = device_count;
    registry.iface.get_device = device_of;
    registry.iface.get_proc_address = function_by_name;
    registry.context = &device;
    set_weights_device(&device);
    return &registry;
}

} // namespace

} // namespace embark

// Null if the machine has no kernels: ggml then omits this backend.
extern "C" __attribute__((visibility("default"))) ggml_backend_reg_t ggml_backend_init(void) {
    return embark::kernels_for(embark::Precision::FAST) == nullptr ? nullptr : embark::make_registry();
}
