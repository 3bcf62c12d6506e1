// The kernels of every instruction set that this machine has, against loops in double precision.
// Says each thing that is wrong on a line of its own and ends with 1, or ends with 0.

#include <algorithm>
#include <climits>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <sys/mman.h>

#include "choice.h"
#include "ggml.h"
#include "kernels.h"
#include "quantized_test.h"
#include "segments.h"
#include "speed.h"
#include "weights.h"

#ifdef __aarch64__
#include <sys/auxv.h>
#endif

namespace embark {

// Those of AVX-VNNI in the encoding of AVX-512.
const Kernels & kernels_avx_vnni_for_test();

} // namespace embark

using namespace embark;

namespace {

int wrong = 0;
int checks = 0;
std::mt19937 generator(20);

void check(bool holds, const std::string & what) {
    checks++;
    if (!holds) {
        wrong++;
        std::printf("wrong: %s\n", what.c_str());
    }
}

// Exactly as long as requested: a page that cannot be accessed follows.
class Memory {
public:
    explicit Memory(size_t bytes) : size(round_up(bytes, PAGE) + PAGE) {
        start = static_cast<char *>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (start == MAP_FAILED || mprotect(start + size - PAGE, PAGE, PROT_NONE) != 0) {
            std::abort();
        }
        memory = start + size - PAGE - round_up(bytes, sizeof(float));
    }
    ~Memory() {
        munmap(start, size);
    }
    Memory(const Memory &) = delete;
    template <typename T> T * as() {
        return reinterpret_cast<T *>(memory);
    }

private:
    static constexpr size_t PAGE = 4096;
    const size_t size;
    char * start;
    char * memory;
};

// Values that f32, f16 and bf16 all hold, so that only sums differ.
std::vector<float> values(size_t n) {
    std::uniform_int_distribution<int> eighths(-16, 16);
    std::vector<float> all(n);
    for (float & value : all) {
        value = eighths(generator) / 8.0f;
    }
    return all;
}

// The type of a model's weights that are packed as `value`.
ggml_type type_of(Value value) {
    switch (value) {
        case Value::F16: return GGML_TYPE_F16;
        case Value::BF16: return GGML_TYPE_BF16;
        case Value::Q8_0: return GGML_TYPE_Q8_0;
        default: return GGML_TYPE_F32;
    }
}

std::vector<char> as_type(const std::vector<float> & from, int k, ggml_type type) {
    const int rows = static_cast<int>(from.size() / k);
    std::vector<char> to(rows * ggml_row_size(type, k));
    if (type == GGML_TYPE_F32) {
        std::memcpy(to.data(), from.data(), to.size());
    } else {
        ggml_quantize_chunk(type, from.data(), to.data(), 0, rows, k, nullptr);
    }
    return to;
}

std::vector<float> as_f32(const std::vector<char> & from, size_t n, ggml_type type) {
    std::vector<float> to(n);
    if (type == GGML_TYPE_F32) {
        std::memcpy(to.data(), from.data(), from.size());
    } else {
        ggml_get_type_traits(type)->to_float(from.data(), to.data(), n);
    }
    return to;
}

// Copies rows of n values to rows that are ld apart.
void put_rows(const std::vector<float> & from, int rows, int n, size_t ld, Memory & to) {
    for (int i = 0; i < rows * n; i++) {
        to.as<float>()[i / n * ld + i % n] = from[i];
    }
}

std::vector<float> rows_in(Memory & from, int rows, int n, size_t ld) {
    std::vector<float> to;
    for (int i = 0; i < rows * n; i++) {
        to.push_back(from.as<float>()[i / n * ld + i % n]);
    }
    return to;
}

double silu(double x) {
    return x / (1 + std::exp(-x));
}

double gelu(double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

// Each term of a sum in INT16 is off by up to 1 / 1024 of the largest weight and activation.
double tolerance(const Kernels & kernels, double of) {
    return kernels.arithmetic == Value::INT16 ? 2e-2 : 1e-5 + std::fabs(of) * 2e-6;
}

// What becomes of a product with its bias.
double after(Epilogue epilogue, double sum, double before) {
    switch (epilogue) {
        case Epilogue::STORE: return sum;
        case Epilogue::STORE_GELU: return gelu(sum);
        case Epilogue::GATE_SILU: return before * silu(sum);
        case Epilogue::GATE_GELU: return before * gelu(sum);
        case Epilogue::ADD: return before + sum;
    }
    return NAN;
}

const std::vector<Epilogue> EPILOGUES = { Epilogue::STORE, Epilogue::STORE_GELU, Epilogue::GATE_SILU, Epilogue::GATE_GELU,
                                          Epilogue::ADD };

std::string named(const Kernels & kernels, const char * what, int a, int b, int c) {
    return std::string(kernels.name) + ": " + what + " " + std::to_string(a) + " x " + std::to_string(b) + " x "
        + std::to_string(c);
}

void packed_weights_come_back(const Kernels & kernels, Value value, int n, int k) {
    Memory memory(kernels.packed_size(n, k, value));
    const Packed matrix = { memory.as<void>(), value, n, k };
    const ggml_type type = type_of(value);
    const std::vector<char> rows = as_type(values(static_cast<size_t>(n) * k), k, type);
    std::vector<char> back(rows.size());
    pack_rows(kernels, matrix, 0, n, type, rows.data());
    unpack_rows(kernels, matrix, 0, n, type, back.data());
    bool same = rows == back;
    if (value == Value::INT16) {
        same = true;
        const std::vector<float> before = as_f32(rows, static_cast<size_t>(n) * k, type);
        const std::vector<float> after = as_f32(back, before.size(), type);
        for (size_t i = 0; i < before.size(); i++) {
            same = same && std::fabs(before[i] - after[i]) <= 2.0 / 1024;
        }
    }
    check(same, named(kernels, "packed", n, k, static_cast<int>(value)));
}

struct Inputs {
    int rows;
    int n;
    int k;
    std::vector<float> a;      // [rows][k]
    std::vector<float> w;      // [n][k]
    std::vector<float> bias;   // [n]
    std::vector<float> before; // [rows][n]
};

Inputs inputs(int rows, int n, int k) {
    return { rows, n, k, values(static_cast<size_t>(rows) * k), values(static_cast<size_t>(n) * k), values(n),
             values(static_cast<size_t>(rows) * n) };
}

// Returns the result of a product, of weights that a model has in `type`; the second of two products of the
// same rows if `again`.
std::vector<float> product(
    const Kernels & kernels, Value value, ggml_type type, Epilogue epilogue, const Inputs & in, bool again = false) {
    const std::vector<char> stored = as_type(in.w, in.k, type);
    Memory memory(kernels.packed_size(in.n, in.k, value));
    const Packed matrix = { memory.as<void>(), value, in.n, in.k };
    pack_rows(kernels, matrix, 0, in.n, type, stored.data());
    const size_t a_ld = kernels.leading_dimension(in.k);
    const size_t out_ld = kernels.leading_dimension(in.n);
    Memory a(in.rows * a_ld * sizeof(float));
    Memory out(in.rows * out_ld * sizeof(float));
    Memory scratch(kernels.product_scratch(in.rows, in.k, value));
    put_rows(in.a, in.rows, in.k, a_ld, a);
    put_rows(in.before, in.rows, in.n, out_ld, out);
    Product product = { a.as<float>(), a_ld, in.rows, matrix, in.bias.data(), epilogue, out.as<float>(), out_ld,
                        scratch.as<void>(), false };
    kernels.multiply(product);
    if (again) {
        put_rows(in.before, in.rows, in.n, out_ld, out);
        product.a = nullptr;
        product.again = true;
        kernels.multiply(product);
    }
    return rows_in(out, in.rows, in.n, out_ld);
}

void products_are_right(const Kernels & kernels, Value value, Epilogue epilogue, int rows, int n, int k) {
    const Inputs in = inputs(rows, n, k);
    const std::vector<float> w = as_f32(as_type(in.w, k, type_of(value)), in.w.size(), type_of(value));
    const std::vector<float> found = product(kernels, value, type_of(value), epilogue, in);
    bool right = true;
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < n; column++) {
            double sum = in.bias[column];
            for (int i = 0; i < k; i++) {
                sum += static_cast<double>(in.a[row * k + i]) * w[column * k + i];
            }
            const double expected = after(epilogue, sum, in.before[row * n + column]);
            const double factor = kernels.arithmetic == Value::INT16 ? 1 + std::fabs(in.before[row * n + column]) : 1;
            right = right && std::fabs(found[row * n + column] - expected) <= tolerance(kernels, expected) * factor;
        }
    }
    check(right, named(kernels, "product", rows, n, k) + " of weights " + std::to_string(static_cast<int>(value))
        + ", epilogue " + std::to_string(static_cast<int>(epilogue)));
}

// Normally distributed with one outlier column, like the activations of encoders.
std::vector<float> with_outlier(int rows, int k) {
    std::normal_distribution<float> normal;
    std::vector<float> all(static_cast<size_t>(rows) * k);
    for (float & value : all) {
        value = normal(generator);
    }
    for (int row = 0; row < rows; row++) {
        all[row * k + k / 3] -= 20;
    }
    return all;
}

// || a - b || / || b ||
double distance(const std::vector<float> & a, const std::vector<float> & b) {
    double off = 0;
    double all = 0;
    for (size_t i = 0; i < a.size(); i++) {
        off += (static_cast<double>(a[i]) - b[i]) * (a[i] - b[i]);
        all += static_cast<double>(b[i]) * b[i];
    }
    return std::sqrt(off / all);
}

// A product of INT16 weights as kernels.h defines it, with a plain loop over 64-bit integers.
class IntegerReference {
public:
    explicit IntegerReference(const Inputs & in) : in(in) {}

    float at(int row, int column) {
        const float * a = &in.a[static_cast<size_t>(row) * in.k];
        const float * w = &in.w[static_cast<size_t>(column) * in.k];
        float largest = 0;
        float most = 0;
        for (int block = 0; block < in.k; block += INTEGER_BLOCK) {
            float sum = 0;
            for (int i = block; i < std::min(block + INTEGER_BLOCK, in.k); i++) {
                largest = std::max(largest, std::fabs(w[i]));
                sum += std::fabs(w[i]);
            }
            most = std::max(most, sum);
        }
        const float largest_of_sum = most * (32767.0f / (131072.0f - 64.0f));
        const float bound = std::max(largest, largest_of_sum);
        const float factor = bound < 1e-30f ? 0 : 32767 / bound;
        float total = 0;
        for (int block = 0; block < in.k; block += INTEGER_BLOCK) {
            const int end = std::min(block + INTEGER_BLOCK, in.k);
            float own = 0;
            for (int i = block; i < end; i++) {
                own = std::max(own, std::fabs(a[i]));
            }
            const float own_factor = own < 1e-30f ? 0 : 16383 / own;
            long long sum = 0;
            long long weights = 0;
            for (int i = block; i < end; i++) {
                const long long weight = std::llrint(w[i] * factor);
                const long long activation = std::llrint(a[i] * own_factor);
                sum += weight * activation;
                weights += std::llabs(weight);
                widest = std::max({ widest, std::llabs(weight), std::llabs(activation) });
            }
            // Whatever the order of additions and the signs.
            most_sum = std::max(most_sum, weights * 16383);
            const float scale = own < 1e-30f ? 0 : own / 16383;
            total = block == 0 ? static_cast<float>(sum) * scale : std::fma(static_cast<float>(sum), scale, total);
        }
        return std::fma(total, bound < 1e-30f ? 0 : bound / 32767, in.bias[column]);
    }

    bool has_no_overflow() const {
        return most_sum <= INT_MAX && widest <= 32767;
    }

    // How much of the range is used.
    double share() const {
        return static_cast<double>(most_sum) / INT_MAX;
    }

private:
    const Inputs & in;
    long long most_sum = 0;
    long long widest = 0;
};

void integer_sums_are_right(const Kernels & kernels, const Inputs & in, const char * what, double share) {
    const std::vector<float> found = product(kernels, Value::INT16, GGML_TYPE_F32, Epilogue::STORE, in, in.rows == 5);
    IntegerReference reference(in);
    bool right = true;
    for (int i = 0; i < in.rows * in.n; i++) {
        right = right && found[i] == reference.at(i / in.n, i % in.n);
    }
    const std::string name = named(kernels, "integers", in.rows, in.n, in.k) + ", " + what;
    check(right, name);
    check(reference.has_no_overflow(), name + ": overflow");
    check(reference.share() >= share, name + ": too small for a test of the limits");
}

void integer_sums_are_right(const Kernels & kernels) {
    for (int rows : { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 37 }) {
        for (int k : { 1, 2, 127, 128, 129, 384 }) {
            Inputs in = inputs(rows, rows % 2 == 0 ? 33 : 16, k);
            in.a = with_outlier(rows, k);
            in.w = with_outlier(in.n, k);
            integer_sums_are_right(kernels, in, "an outlier", 0);
        }
    }
    for (int k : { 128, 300 }) {
        Inputs in = inputs(12, 40, k);
        for (float & value : in.a) {
            value = 3;
        }
        for (float & value : in.w) {
            value = 0.7f;
        }
        integer_sums_are_right(kernels, in, "all the same", 0.999);
        for (float & value : in.w) {
            value *= generator() % 2 == 0 ? 1 : -1;
        }
        integer_sums_are_right(kernels, in, "all the same but for the sign", 0.999);
        for (int i = 0; i < in.n; i++) {
            in.w[i * k + i % k] *= 1000;
        }
        for (int i = 0; i < in.rows; i++) {
            in.a[i * k + 7] *= -1000;
        }
        integer_sums_are_right(kernels, in, "a column of a thousand times the others", 0);
        for (float scale : { 1e-38f, 1e-32f, 1e30f }) {
            Inputs scaled = in;
            for (float & value : scaled.a) {
                value *= scale;
            }
            integer_sums_are_right(kernels, scaled, "activations of any size", 0);
            scaled = in;
            for (float & value : scaled.w) {
                value *= scale;
            }
            integer_sums_are_right(kernels, scaled, "weights of any size", 0);
        }
    }
}

// Columns of a result one block after another, of rows that were quantised one block after another, are those
// of the whole product.
void parts_are_the_same(const Kernels & kernels, Value value, int rows, int n, int k) {
    const Inputs in = inputs(rows, n, k);
    const std::vector<float> whole = product(kernels, value, type_of(value), Epilogue::STORE, in);
    Memory memory(kernels.packed_size(n, k, value));
    const Packed matrix = { memory.as<void>(), value, n, k };
    pack_rows(kernels, matrix, 0, n, type_of(value), as_type(in.w, k, type_of(value)).data());
    const size_t a_ld = kernels.leading_dimension(k);
    const size_t out_ld = kernels.leading_dimension(INTEGER_BLOCK);
    Memory a(rows * a_ld * sizeof(float));
    Memory scratch(kernels.product_scratch(rows, k, value));
    put_rows(in.a, rows, k, a_ld, a);
    const bool is_quantized = kernels.multiplied_as(value) != Value::F32;
    for (int first = 0; first < k && is_quantized; first += INTEGER_BLOCK) {
        kernels.quantize({ a.as<float>() + first, a_ld, rows, first, std::min(INTEGER_BLOCK, k - first), k, value,
                           scratch.as<void>() });
    }
    bool same = true;
    for (int first = 0; first < n; first += INTEGER_BLOCK) {
        Memory out(rows * out_ld * sizeof(float));
        kernels.multiply({ is_quantized ? nullptr : a.as<float>(), a_ld, rows, matrix, in.bias.data(), Epilogue::STORE,
                           out.as<float>(), out_ld, scratch.as<void>(), is_quantized, first, INTEGER_BLOCK });
        for (int i = 0; i < rows * std::min(INTEGER_BLOCK, n - first); i++) {
            const int columns = std::min(INTEGER_BLOCK, n - first);
            same = same && out.as<float>()[i / columns * out_ld + i % columns] == whole[i / columns * n + first + i % columns];
        }
    }
    check(same, named(kernels, "parts", rows, n, k) + " of weights " + std::to_string(static_cast<int>(value)));
}

// What is not finite reaches the results of its own row or column only.
void values_that_are_not_finite_stay_alone(const Kernels & kernels, Value value) {
    for (float bad : { NAN, INFINITY, -INFINITY }) {
        for (const bool in_weights : { false, true }) {
            Inputs in = inputs(7, 33, 256);
            (in_weights ? in.w : in.a)[256 + 200] = bad;
            const std::vector<float> found = product(kernels, value, GGML_TYPE_F32, Epilogue::STORE, in);
            bool right = true;
            for (int i = 0; i < 7 * 33; i++) {
                const bool is_own = (in_weights ? i % 33 : i / 33) == 1;
                right = right && std::isfinite(found[i]) != is_own;
            }
            check(right, named(kernels, in_weights ? "a weight" : "an activation", 7, 33, 256) + " that is " + std::to_string(bad)
                + ", weights " + std::to_string(static_cast<int>(value)));
        }
    }
}

// Returns INT8 weights as they are multiplied.
std::vector<float> kept_in_int8(const Kernels & kernels, const Inputs & in) {
    Memory memory(kernels.packed_size(in.n, in.k, Value::INT8));
    const Packed matrix = { memory.as<void>(), Value::INT8, in.n, in.k };
    pack_rows(kernels, matrix, 0, in.n, GGML_TYPE_F32, in.w.data());
    std::vector<float> kept(in.w.size());
    unpack_rows(kernels, matrix, 0, in.n, GGML_TYPE_F32, kept.data());
    return kept;
}

// Of rows that 8 bits hold exactly.
void int8_epilogues_are_right(const Kernels & kernels, Epilogue epilogue, int rows, int n) {
    const int k = INTEGER_BLOCK;
    Inputs in = inputs(rows, n, k);
    in.w = with_outlier(n, k);
    in.a.assign(in.a.size(), 0);
    for (int row = 0; row < rows; row++) {
        in.a[row * k + 5 * row % k] = 2;
    }
    const std::vector<float> kept = kept_in_int8(kernels, in);
    const std::vector<float> found = product(kernels, Value::INT8, GGML_TYPE_F32, epilogue, in);
    bool right = true;
    for (int i = 0; i < rows * n; i++) {
        const double sum = 2.0 * kept[i % n * k + 5 * (i / n) % k] + in.bias[i % n];
        const double expected = after(epilogue, sum, in.before[i]);
        right = right && std::fabs(found[i] - expected) <= 1e-5 + std::fabs(expected) * 2e-6;
    }
    check(right, named(kernels, "int8", rows, n, k) + ", epilogue " + std::to_string(static_cast<int>(epilogue)));
}

void int8_products_are_close(const Kernels & kernels, int rows, int n, int k) {
    const std::string name = named(kernels, "int8", rows, n, k);
    Inputs in = inputs(rows, n, k);
    in.w = with_outlier(n, k);
    const std::vector<float> kept = kept_in_int8(kernels, in);
    check(distance(kept, in.w) < 0.01, name + ": weights are kept");

    // A row with one value turns into rows of one magnitude, which 8 bits hold exactly.
    in.a.assign(in.a.size(), 0);
    std::vector<float> expected;
    for (int row = 0; row < rows; row++) {
        in.a[row * k + 37 * row % k] = 2;
        for (int column = 0; column < n; column++) {
            expected.push_back(2 * kept[column * k + 37 * row % k] + in.bias[column]);
        }
    }
    const bool blocks = k > INTEGER_BLOCK; // those without the value are zero, and exact as well
    check(distance(product(kernels, Value::INT8, GGML_TYPE_F32, Epilogue::STORE, in, blocks), expected) < 1e-5,
        name + ": rows of one value");

    in.a = with_outlier(rows, k);
    expected.clear();
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < n; column++) {
            double sum = in.bias[column];
            for (int i = 0; i < k; i++) {
                sum += static_cast<double>(in.a[row * k + i]) * kept[column * k + i];
            }
            expected.push_back(static_cast<float>(sum));
        }
    }
    check(distance(product(kernels, Value::INT8, GGML_TYPE_F32, Epilogue::STORE, in), expected) < 0.01, name + ": any rows");

    in.a.assign(in.a.size(), 0);
    in.bias.assign(n, 0);
    check(product(kernels, Value::INT8, GGML_TYPE_F32, Epilogue::STORE, in)
            == std::vector<float>(static_cast<size_t>(rows) * n), name + ": nothing gives nothing");
}

struct Sequences {
    std::vector<int> starts;
    int heads;
    int head_size;
    int window;
    std::vector<float> slopes;
    std::vector<float> q; // [rows][heads * head_size], like k and v
    std::vector<float> k;
    std::vector<float> v;

    int rows() const { return starts.back(); }
    int d() const { return heads * head_size; }
};

Sequences sequences(const std::vector<int> & lengths, int heads, int head_size, int window, float slope) {
    Sequences all = { { 0 }, heads, head_size, window, {}, {}, {}, {} };
    for (int length : lengths) {
        all.starts.push_back(all.starts.back() + length);
    }
    const size_t size = static_cast<size_t>(all.rows()) * all.d();
    all.q = values(size);
    all.k = values(size);
    all.v = values(size);
    for (int head = 0; head < heads; head++) {
        all.slopes.push_back(slope * (head + 1));
    }
    return all;
}

std::vector<float> attention(const Kernels & kernels, const Sequences & of) {
    const size_t ld = kernels.leading_dimension(of.d());
    Memory queries(of.rows() * ld * sizeof(float));
    Memory keys(of.rows() * ld * sizeof(float));
    Memory rest(of.rows() * ld * sizeof(float));
    int longest = 0;
    for (size_t i = 1; i < of.starts.size(); i++) {
        longest = std::max(longest, of.starts[i] - of.starts[i - 1]);
    }
    Memory scratch(kernels.attention_scratch(longest, of.head_size));
    put_rows(of.q, of.rows(), of.d(), ld, queries);
    put_rows(of.k, of.rows(), of.d(), ld, keys);
    put_rows(of.v, of.rows(), of.d(), ld, rest);
    kernels.attend({ queries.as<float>(), keys.as<float>(), rest.as<float>(), ld, of.heads, of.head_size,
                     1 / std::sqrt(static_cast<float>(of.head_size)), of.window, of.slopes[0] == 0 ? nullptr : of.slopes.data(),
                     of.starts.data(), static_cast<int>(of.starts.size()) - 1, scratch.as<void>() });
    return rows_in(queries, of.rows(), of.d(), ld);
}

void attention_is_right(
    const Kernels & kernels, const std::vector<int> & lengths, int heads, int head_size, int window, float slope) {
    const Sequences in = sequences(lengths, heads, head_size, window, slope);
    const std::vector<float> found = attention(kernels, in);
    const double scale = 1 / std::sqrt(static_cast<double>(head_size));
    const int d = in.d();
    bool right = true;
    for (size_t sequence = 0; sequence < lengths.size(); sequence++) {
        const int start = in.starts[sequence];
        for (int head = 0; head < heads; head++) {
            for (int row = start; row < in.starts[sequence + 1]; row++) {
                std::vector<double> weights(lengths[sequence]);
                double total = 0;
                for (int i = 0; i < lengths[sequence]; i++) {
                    const int distance = std::abs(start + i - row);
                    if (distance > window) {
                        continue;
                    }
                    double score = 0;
                    for (int j = 0; j < head_size; j++) {
                        score += static_cast<double>(in.q[row * d + head * head_size + j])
                            * in.k[(start + i) * d + head * head_size + j];
                    }
                    total += weights[i] = std::exp(score * scale - in.slopes[head] * distance);
                }
                for (int j = 0; j < head_size; j++) {
                    double expected = 0;
                    for (int i = 0; i < lengths[sequence]; i++) {
                        expected += weights[i] / total * in.v[(start + i) * d + head * head_size + j];
                    }
                    right = right && std::fabs(found[row * d + head * head_size + j] - expected) <= tolerance(kernels, expected);
                }
            }
        }
    }
    check(right, named(kernels, "attention", in.rows(), heads, head_size) + ", window " + std::to_string(window));
}

void turns_are_right(const Kernels & kernels, int rows, int heads, int head_size, int turned) {
    const int d = heads * head_size;
    const int half = turned / 2;
    const std::vector<float> x = values(static_cast<size_t>(rows) * d);
    std::uniform_real_distribution<float> any(0, 100);
    std::vector<double> turns;
    std::vector<float> angles(static_cast<size_t>(rows) * turned);
    for (int i = 0; i < rows * half; i++) {
        turns.push_back(any(generator));
        angles[i / half * turned + i % half] = static_cast<float>(std::cos(turns[i]));
        angles[i / half * turned + half + i % half] = static_cast<float>(std::sin(turns[i]));
    }
    const size_t ld = kernels.leading_dimension(d);
    Memory memory(rows * ld * sizeof(float));
    put_rows(x, rows, d, ld, memory);
    kernels.turn({ memory.as<float>(), ld, rows, heads, head_size, turned, angles.data() });
    bool right = true;
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < d; column++) {
            const int i = column % head_size;
            const float * pair = &x[row * d + column - i];
            double expected = pair[i];
            if (i < turned) {
                const double turn = turns[row * half + i % half];
                expected = i < half ? pair[i] * std::cos(turn) - pair[half + i] * std::sin(turn)
                                    : pair[i - half] * std::sin(turn) + pair[i] * std::cos(turn);
            }
            const float found = memory.as<float>()[row * ld + column];
            right = right && std::fabs(found - expected) <= 1e-5 + std::fabs(expected) * 2e-6;
        }
    }
    check(right, named(kernels, "turn", rows, heads, turned));
}

// Returns the result, which replaces x unless it is copied.
std::vector<float> norm(
    const Kernels & kernels, const std::vector<float> & x, int rows, const std::vector<float> & weight,
    const std::vector<float> & bias, bool is_copied) {
    const int d = static_cast<int>(weight.size());
    const size_t ld = kernels.leading_dimension(d);
    Memory from(rows * ld * sizeof(float));
    Memory copy(rows * ld * sizeof(float));
    put_rows(x, rows, d, ld, from);
    Memory & to = is_copied ? copy : from;
    kernels.normalize({ from.as<float>(), to.as<float>(), ld, rows, d, 1e-5f, weight.data(),
                        bias.empty() ? nullptr : bias.data() });
    return rows_in(to, rows, d, ld);
}

void norms_are_right(const Kernels & kernels, int rows, int d, bool is_copied, bool is_biased) {
    const std::vector<float> x = values(static_cast<size_t>(rows) * d);
    const std::vector<float> weight = values(d);
    const std::vector<float> bias = is_biased ? values(d) : std::vector<float>();
    const std::vector<float> found = norm(kernels, x, rows, weight, bias, is_copied);
    bool right = true;
    for (int row = 0; row < rows; row++) {
        double mean = 0;
        double variance = 0;
        for (int i = 0; i < d; i++) {
            mean += x[row * d + i] / static_cast<double>(d);
        }
        for (int i = 0; i < d; i++) {
            variance += (x[row * d + i] - mean) * (x[row * d + i] - mean) / d;
        }
        for (int i = 0; i < d; i++) {
            const double expected =
                (x[row * d + i] - mean) / std::sqrt(variance + 1e-5) * weight[i] + (is_biased ? bias[i] : 0);
            right = right && std::fabs(found[row * d + i] - expected) <= 1e-5 + std::fabs(expected) * 1e-5;
        }
    }
    check(right, named(kernels, "norm", rows, d, 1));
}

// Weighted sums of the rows of each sequence, in the order of the rows.
std::vector<float> pool(
    const Kernels & kernels, const std::vector<float> & x, int d, const std::vector<float> & factors) {
    const int rows = static_cast<int>(x.size()) / d;
    const int sequences = static_cast<int>(factors.size()) / rows;
    Memory from(x.size() * sizeof(float));
    Memory to(static_cast<size_t>(sequences) * d * sizeof(float));
    put_rows(x, rows, d, d, from);
    kernels.pool({ from.as<float>(), rows, d, factors.data(), sequences, to.as<float>() });
    return rows_in(to, sequences, d, d);
}

// The first row belongs to no sequence and is not finite.
void pooling_is_right(const Kernels & kernels, int d) {
    const int rows = 9;
    const int sequences = 3;
    std::vector<float> x = values(static_cast<size_t>(rows) * d);
    std::vector<float> factors(sequences * rows);
    std::vector<double> expected(static_cast<size_t>(sequences) * d);
    for (int row = 1; row < rows; row++) {
        const int sequence = (row - 1) / 3;
        factors[sequence * rows + row] = row / 8.0f;
        for (int i = 0; i < d; i++) {
            expected[sequence * d + i] += row / 8.0 * x[row * d + i];
        }
    }
    std::fill_n(x.begin(), d, NAN);
    const std::vector<float> found = pool(kernels, x, d, factors);
    check(std::equal(expected.begin(), expected.end(), found.begin()), named(kernels, "pooling", rows, d, sequences));
}

void int8_products_are_right(const Kernels & kernels) {
    for (int rows : { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 37 }) {
        int8_products_are_close(kernels, rows, rows % 2 == 0 ? 33 : 128, rows % 3 == 0 ? 384 : 128);
        for (Epilogue epilogue : EPILOGUES) {
            int8_epilogues_are_right(kernels, epilogue, rows, 33);
        }
    }
    parts_are_the_same(kernels, Value::INT8, 13, 300, 384);
    values_that_are_not_finite_stay_alone(kernels, Value::INT8);
}

// All but products of INT8.
void kernels_are_right(const Kernels & kernels) {
    const std::vector<Value> weights = kernels.arithmetic == Value::INT16
        ? std::vector<Value>{ Value::INT16, Value::Q8_0 }
        : std::vector<Value>{ Value::F32, Value::F16, Value::BF16, Value::Q8_0 };
    for (Value value : weights) {
        for (int n : { 1, 16, 33, 100 }) {
            for (int k : value == Value::Q8_0 ? std::vector<int>{ 32, 96 } : std::vector<int>{ 1, 2, 48, 97 }) {
                packed_weights_come_back(kernels, value, n, k);
                for (Epilogue epilogue : EPILOGUES) {
                    for (int rows : { 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 37 }) {
                        products_are_right(kernels, value, epilogue, rows, n, k);
                    }
                }
            }
        }
        parts_are_the_same(kernels, value, 13, 300, 384);
        parts_are_the_same(kernels, value, 5, 128, 160);
        if (value != Value::Q8_0) {
            values_that_are_not_finite_stay_alone(kernels, value);
        }
    }
    if (kernels.arithmetic == Value::INT16) {
        integer_sums_are_right(kernels);
    }
    for (int head_size : { 1, 2, 32, 33, 48, 64, 80, 130 }) {
        for (int heads : { 1, 3 }) {
            for (int window : { 1, 3, 16, 64, INT_MAX }) {
                attention_is_right(kernels, { 1 }, heads, head_size, window, 0);
                attention_is_right(kernels, { 2, 12, 1, 33, 7 }, heads, head_size, window, 0);
                attention_is_right(kernels, { 257, 16 }, heads, head_size, window, 0);
            }
            attention_is_right(kernels, { 2, 12, 1, 33, 7 }, heads, head_size, INT_MAX, 0.25f);
            attention_is_right(kernels, { 257, 16 }, heads, head_size, 64, 0.25f);
        }
    }
    for (int turned : { 2, 16, 34, 48, 64 }) {
        turns_are_right(kernels, 3, 2, 64, turned);
        turns_are_right(kernels, 5, 3, turned, turned);
    }
    for (int d : { 1, 8, 31, 96, 384 }) {
        norms_are_right(kernels, 3, d, false, true);
        norms_are_right(kernels, 3, d, true, false);
        pooling_is_right(kernels, d);
    }
}

bool are_same(const std::vector<float> & a, const std::vector<float> & b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Two instruction sets with the same arithmetic compute the same bits.
void kernels_agree(const Kernels & a, const Kernels & b) {
    const std::string names = std::string(a.name) + " and " + b.name + " agree on ";
    for (int rows : { 5, 29 }) {
        for (int k : { 96, 384 }) {
            Inputs in = inputs(rows, 100, k);
            in.a = with_outlier(rows, k);
            in.w = with_outlier(in.n, k);
            for (ggml_type type : { GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0 }) {
                const Value value = type == GGML_TYPE_Q8_0 ? Value::Q8_0
                    : a.arithmetic == Value::INT16         ? Value::INT16
                    : type == GGML_TYPE_F16                ? Value::F16
                    : type == GGML_TYPE_BF16               ? Value::BF16
                                                           : Value::F32;
                for (Epilogue epilogue : EPILOGUES) {
                    check(are_same(product(a, value, type, epilogue, in), product(b, value, type, epilogue, in)),
                        names + "products, epilogue " + std::to_string(static_cast<int>(epilogue)));
                }
            }
        }
    }
    if (a.int8_name != nullptr && b.int8_name != nullptr) {
        Inputs in = inputs(29, 100, 384);
        in.a = with_outlier(in.rows, in.k);
        in.w = with_outlier(in.n, in.k);
        check(are_same(product(a, Value::INT8, GGML_TYPE_F32, Epilogue::STORE, in),
                  product(b, Value::INT8, GGML_TYPE_F32, Epilogue::STORE, in)), names + "products of INT8");
    }
    for (int window : { 16, INT_MAX }) {
        for (float slope : { 0.0f, 0.25f }) {
            const Sequences in = sequences({ 1, 14, 33, 200 }, 3, 33, window, slope);
            check(are_same(attention(a, in), attention(b, in)), names + "attention, window " + std::to_string(window));
        }
    }
    const std::vector<float> x = with_outlier(3, 385);
    const std::vector<float> weight = values(385);
    check(are_same(norm(a, x, 3, weight, weight, true), norm(b, x, 3, weight, weight, true)), names + "norms");
    const std::vector<float> factors = with_outlier(2, 3);
    check(are_same(pool(a, x, 385, factors), pool(b, x, 385, factors)), names + "pooling");
}

// Which rows see which, a letter a sequence.
std::vector<uint16_t> mask_of(const std::string & sequences) {
    std::vector<uint16_t> mask;
    for (char row : sequences) {
        for (char column : sequences) {
            mask.push_back(row == column ? 0 : 0xFC00);
        }
    }
    return mask;
}

void sequences_are_found() {
    check(segments_of(mask_of("aaabcc").data(), 6, false) == std::vector<int>({ 0, 3, 4, 6 }), "three sequences");
    check(segments_of(mask_of("a").data(), 1, false) == std::vector<int>({ 0, 1 }), "one token");
    check(segments_of(mask_of("aaaa").data(), 4, false) == std::vector<int>({ 0, 4 }), "one sequence");
    check(segments_of(mask_of("aba").data(), 3, false).empty(), "a sequence in two places is no run");
    std::vector<uint16_t> causal = mask_of("aaa");
    causal[1] = causal[2] = causal[5] = 0xFC00;
    check(segments_of(causal.data(), 3, false).empty(), "rows that see different runs");
    std::vector<uint16_t> weighted = mask_of("aab");
    weighted[3] = 0x3C00;
    check(segments_of(weighted.data(), 3, false).empty(), "a mask that is neither open nor closed");
    const std::vector<int> starts = { 0, 3, 5 };
    std::vector<uint16_t> windowed = mask_of("aaabb");
    check(window_of(windowed.data(), 5, false, starts) == 2, "a window as wide as the sequences");
    windowed[2] = windowed[2 * 5] = 0xFC00;
    check(window_of(windowed.data(), 5, false, starts) == 1, "a window of one on each side");
    check(segments_of(windowed.data(), 5, false).empty(), "a window is no run");
    windowed[3 * 5 + 4] = 0xFC00;
    check(!window_of(windowed.data(), 5, false, starts), "a window that is not the same for all");
    std::vector<uint16_t> fading = mask_of("aaabb");
    for (int i = 0; i < 25; i++) {
        const int distance = std::abs(i / 5 - i % 5);
        fading[i] = fading[i] == 0 ? ggml_fp32_to_fp16(static_cast<float>(-distance)) : fading[i];
    }
    check(segments_of(fading.data(), 5, true) == starts, "sequences that fade");
    check(window_of(fading.data(), 5, true, starts) == 2, "a window as wide as sequences that fade");
    check(segments_of(fading.data(), 5, false).empty(), "sequences that were not to fade");
    std::vector<uint16_t> blind = mask_of("ab");
    blind[0] = 0xFC00;
    check(segments_of(blind.data(), 2, false).empty(), "a row that does not see itself");
}

void choose(const char * what, Cpu cpu, const char * forced, const Kernels * exact, const Kernels * fast,
            const Kernels * int8) {
    check(kernels_for(Precision::EXACT, cpu, forced) == exact, std::string("exact of ") + what);
    check(kernels_for(Precision::FAST, cpu, forced) == fast, std::string("fast of ") + what);
    check(kernels_for(Precision::INT8, cpu, forced) == int8, std::string("int8 of ") + what);
}

#ifdef __aarch64__

void kernels_are_chosen() {
    const Kernels * f32 = &kernels_neon();
    const Kernels * int16 = &kernels_neon_int16();
    const Kernels * dot = &kernels_neon_dot();
    const Cpu cortex_a72 = { Isa::NEON, false, true };
    const Cpu neoverse = { Isa::NEON_DOT, false, true };
    choose("Cortex-A72", cortex_a72, nullptr, f32, f32, f32);
    choose("Neoverse", neoverse, nullptr, f32, f32, dot);
    choose("NEON forced", neoverse, "neon", f32, int16, int16);
    choose("SDOT forced", neoverse, "neon_dot", f32, int16, &kernels_neon_dot_int16());
    choose("SDOT forced on Cortex-A72", cortex_a72, "neon_dot", nullptr, nullptr, nullptr);
    choose("AVX2 forced on ARM64", neoverse, "avx2", nullptr, nullptr, nullptr);
}

#else

void kernels_are_chosen() {
    const Kernels * avx2 = &kernels_avx2();
    const Kernels * avx2_int16 = &kernels_avx2_int16();
    const Kernels * avx512 = &kernels_avx512();
    const Kernels * vnni = &kernels_avx512_vnni();
    const Kernels * avx_vnni = &kernels_avx_vnni();
    const Cpu skylake = { Isa::AVX512, false, false };
    const Cpu zen4 = { Isa::AVX512_VNNI, false, false };
    const Cpu emerald_rapids = { Isa::AVX512_VNNI, true, false };
    const Cpu alder_lake = { Isa::AVX2, true, false };
    const Cpu zen2 = { Isa::AVX2, false, true };
    choose("a CPU without AVX2", { Isa::NONE, false, false }, nullptr, nullptr, nullptr, nullptr);
    choose("Haswell and Zen 2", zen2, nullptr, avx2, avx2, avx2);
    choose("Zen 3", { Isa::AVX2, false, false }, nullptr, avx2, avx2_int16, avx2_int16);
    choose("Skylake", skylake, nullptr, avx512, avx512, avx512);
    choose("Alder Lake and Sierra Forest", alder_lake, nullptr, avx2, avx_vnni, avx_vnni);
    // None of them uses bf16, although two have it.
    choose("Cascade Lake and Zen 4", zen4, nullptr, avx512, vnni, vnni);
    choose("Emerald Rapids", emerald_rapids, nullptr, avx512, vnni, vnni);
    choose("AVX-VNNI forced", emerald_rapids, "avx_vnni", avx2, avx_vnni, avx_vnni);
    choose("AVX-VNNI forced on Zen 4", zen4, "avx_vnni", nullptr, nullptr, nullptr);
    choose("AVX2 forced on Alder Lake", alder_lake, "avx2", avx2, avx2_int16, avx2_int16);
    choose("VNNI forced", zen4, "avx512_vnni", avx512, vnni, vnni);
    choose("AVX-512 forced", zen4, "avx512", avx512, avx512, avx512);
    choose("AVX2 forced", zen4, "avx2", avx2, avx2_int16, avx2_int16);
    choose("AVX2 forced on Zen 2", zen2, "avx2", avx2, avx2_int16, avx2_int16);
    choose("what is no name forced", zen4, "abacus", nullptr, nullptr, nullptr);
    choose("VNNI forced on Skylake", skylake, "avx512_vnni", nullptr, nullptr, nullptr);
}

#endif

void fast_can_be_overruled() {
    const Kernels * exact = kernels_for(Precision::EXACT);
    const Kernels * int8 = kernels_for(Precision::INT8);
    const double ratio = time_ratio(*kernels_for(Precision::FAST), *exact);
    check(ratio > 0 && std::isfinite(ratio), "a ratio of times");
    std::printf("fast takes %.2f of the time of exact\n", ratio);
    use_exact_for_fast();
    check(kernels_for(Precision::FAST) == exact, "fast after it was overruled");
    check(kernels_for(Precision::INT8) == (int8->int8_name != nullptr ? int8 : exact), "int8 after fast was overruled");
}

// Values that do not depend on the library's distributions: one row or column is a thousand times the others.
std::vector<float> plain_values(std::mt19937 & source, int rows, int columns) {
    std::vector<float> all;
    for (int i = 0; i < rows * columns; i++) {
        const float value = static_cast<float>(static_cast<int32_t>(source())) / 1073741824.0f;
        all.push_back(i / columns == rows / 2 || i % columns == columns / 3 ? value * 1000 : value);
    }
    return all;
}

class Digest {
public:
    void add(const std::vector<float> & values) {
        for (float value : values) {
            uint32_t bits;
            std::memcpy(&bits, &value, sizeof(bits));
            digest = (digest ^ bits) * 0x100000001b3;
        }
    }
    void print(const char * arithmetic) const {
        std::printf("digest of %s: %016llx\n", arithmetic, static_cast<unsigned long long>(digest));
    }

private:
    uint64_t digest = 0xcbf29ce484222325;
};

void add_products(const Kernels & kernels, const std::vector<Value> & kinds, Digest & digest) {
    std::mt19937 source(22);
    for (int rows : { 1, 5, 29 }) {
        for (int k : { 128, 384 }) {
            const Inputs in = { rows, 100, k, plain_values(source, rows, k), plain_values(source, 100, k),
                                plain_values(source, 1, 100), plain_values(source, rows, 100) };
            for (Value value : kinds) {
                for (Epilogue epilogue : EPILOGUES) {
                    digest.add(product(kernels, value, type_of(value), epilogue, in));
                }
            }
        }
    }
}

// Prints digests of results, which are the same for all instruction sets and architectures.
void print_digests(const Kernels & kernels) {
    const bool is_int16 = kernels.arithmetic == Value::INT16;
    Digest own;
    add_products(kernels, is_int16 ? std::vector<Value>{ Value::INT16 } : std::vector<Value>{ Value::F32, Value::F16, Value::BF16 }, own);
    std::mt19937 source(23);
    for (int window : { 16, INT_MAX }) {
        for (float slope : { 0.0f, 0.25f }) {
            Sequences in = sequences({ 1, 14, 33, 200 }, 3, 33, window, slope);
            in.q = plain_values(source, in.rows(), in.d());
            in.k = plain_values(source, in.rows(), in.d());
            in.v = plain_values(source, in.rows(), in.d());
            own.add(attention(kernels, in));
        }
    }
    const std::vector<float> weight = plain_values(source, 1, 385);
    own.add(norm(kernels, plain_values(source, 3, 385), 3, weight, weight, true));
    own.print(is_int16 ? "int16" : "f32");
    if (kernels.int8_name != nullptr) {
        Digest int8;
        add_products(kernels, { Value::INT8 }, int8);
        int8.print("int8");
    }
}

void check_kernels(const Kernels & kernels) {
    std::printf("%s\n", kernels.name);
    kernels_are_right(kernels);
    if (kernels.int8_name != nullptr) {
        std::printf("%s\n", kernels.int8_name);
        int8_products_are_right(kernels);
    }
    print_digests(kernels);
}

#ifdef __aarch64__

// Kernels that differ from others in INT8 only.
void check_int8(const Kernels & kernels, const Kernels & others) {
    std::printf("%s\n", kernels.int8_name);
    int8_products_are_right(kernels);
    kernels_agree(kernels, others);
    print_digests(kernels);
}

#endif

} // namespace

int main() {
    ggml_init_params parameters = { ggml_tensor_overhead(), nullptr, true };
    ggml_free(ggml_init(parameters)); // fills ggml's tables
#ifdef __aarch64__
    check_kernels(kernels_neon());
    check_kernels(kernels_neon_int16());
    if ((getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0) {
        check_int8(kernels_neon_dot(), kernels_neon());
        check_int8(kernels_neon_dot_int16(), kernels_neon_int16());
    }
#else
    check_kernels(kernels_avx2());
    check_kernels(kernels_avx2_int16());
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
        check_kernels(kernels_avx512());
        kernels_agree(kernels_avx2(), kernels_avx512());
    }
    if (__builtin_cpu_supports("avx512vnni")) {
        check_kernels(kernels_avx512_vnni());
        kernels_agree(kernels_avx2_int16(), kernels_avx512_vnni());
        std::printf("AVX-VNNI as AVX-512\n");
        check_kernels(kernels_avx_vnni_for_test());
        kernels_agree(kernels_avx_vnni_for_test(), kernels_avx512_vnni());
    }
    if (__builtin_cpu_supports("avxvnni")) {
        check_kernels(kernels_avx_vnni());
    }
#endif
    quantized_products_are_ggmls(check);
    sequences_are_found();
    kernels_are_chosen();
    fast_can_be_overruled();
    std::printf("%d checks, %d wrong\n", checks, wrong);
    return wrong == 0 ? 0 : 1;
}
