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

#include <cpuid.h>

#include "choice.h"
#include "ggml.h"
#include "kernels.h"
#include "segments.h"
#include "weights.h"

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

// Exactly as long as asked, so that a sanitizer sees what goes beyond.
class Memory {
public:
    explicit Memory(size_t bytes) {
        void * made = nullptr;
        if (posix_memalign(&made, 64, bytes) != 0) {
            std::abort();
        }
        memory = static_cast<char *>(made);
        std::memset(memory, 0, bytes);
    }
    ~Memory() {
        std::free(memory);
    }
    Memory(const Memory &) = delete;
    template <typename T> T * as() {
        return reinterpret_cast<T *>(memory);
    }

private:
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

ggml_type type_of(Value value) {
    switch (value) {
        case Value::F32: return GGML_TYPE_F32;
        case Value::F16: return GGML_TYPE_F16;
        case Value::BF16: return GGML_TYPE_BF16;
        case Value::Q8_0: return GGML_TYPE_Q8_0;
        case Value::INT8: break;
    }
    return GGML_TYPE_COUNT;
}

std::vector<char> as_type(const std::vector<float> & from, int k, Value value) {
    const int rows = static_cast<int>(from.size() / k);
    std::vector<char> to(rows * ggml_row_size(type_of(value), k));
    ggml_quantize_chunk(type_of(value), from.data(), to.data(), 0, rows, k, nullptr);
    return to;
}

// What is left of weights in a product.
std::vector<float> as_multiplied(const Kernels & kernels, const std::vector<char> & from, size_t n, Value value) {
    std::vector<float> to(n);
    if (value == Value::F32) {
        std::memcpy(to.data(), from.data(), from.size());
    } else {
        ggml_get_type_traits(type_of(value))->to_float(from.data(), to.data(), n);
    }
    if (kernels.activation == Value::BF16) {
        for (float & weight : to) {
            weight = ggml_bf16_to_fp32(ggml_fp32_to_bf16(weight));
        }
    }
    return to;
}

float activation(const Kernels & kernels, const void * at, size_t i) {
    if (kernels.activation == Value::F32) {
        return static_cast<const float *>(at)[i];
    }
    return ggml_bf16_to_fp32(static_cast<const ggml_bf16_t *>(at)[i]);
}

// Rows of n values, each row ld apart, as activations.
void put_rows(const Kernels & kernels, const std::vector<float> & from, int rows, int n, size_t ld, Memory & to) {
    for (int row = 0; row < rows; row++) {
        kernels.convert(from.data() + row * n, to.as<char>() + row * ld * size_of(kernels.activation), n);
    }
}

double silu(double x) {
    return x / (1 + std::exp(-x));
}

double gelu(double x) {
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

// Activations in bf16 keep 8 bits.
double tolerance(const Kernels & kernels, double of) {
    return kernels.activation == Value::BF16 ? 1e-3 + std::fabs(of) / 256 : 1e-5 + std::fabs(of) * 2e-6;
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

// Rows of a result, ld apart.
void put_result(
    const Kernels & kernels, Epilogue epilogue, const std::vector<float> & from, int rows, int n, size_t ld, Memory & to) {
    if (epilogue != Epilogue::ADD) {
        return put_rows(kernels, from, rows, n, ld, to);
    }
    for (int i = 0; i < rows * n; i++) {
        to.as<float>()[i / n * ld + i % n] = from[i];
    }
}

float result(const Kernels & kernels, Epilogue epilogue, Memory & of, size_t i) {
    return epilogue == Epilogue::ADD ? of.as<float>()[i] : activation(kernels, of.as<void>(), i);
}

std::string named(const Kernels & kernels, const char * what, int a, int b, int c) {
    return std::string(kernels.name) + ": " + what + " " + std::to_string(a) + " x " + std::to_string(b) + " x "
        + std::to_string(c);
}

void packed_weights_come_back(const Kernels & kernels, Value value, int n, int k) {
    Memory memory(kernels.packed_size(n, k, value));
    const Packed matrix = { memory.as<void>(), value, n, k };
    const std::vector<char> rows = as_type(values(static_cast<size_t>(n) * k), k, value);
    std::vector<char> back(rows.size());
    pack_rows(kernels, matrix, 0, n, type_of(value), rows.data());
    unpack_rows(kernels, matrix, 0, n, type_of(value), back.data());
    check(rows == back, named(kernels, "packed", n, k, static_cast<int>(value)));
}

void products_are_right(const Kernels & kernels, Value value, Epilogue epilogue, int rows, int n, int k) {
    const std::vector<float> a = values(static_cast<size_t>(rows) * k);
    const std::vector<char> stored = as_type(values(static_cast<size_t>(n) * k), k, value);
    const std::vector<float> w = as_multiplied(kernels, stored, static_cast<size_t>(n) * k, value);
    const std::vector<float> bias = values(n);
    const std::vector<float> before = values(static_cast<size_t>(rows) * n);
    Memory memory(kernels.packed_size(n, k, value));
    const Packed matrix = { memory.as<void>(), value, n, k };
    pack_rows(kernels, matrix, 0, n, type_of(value), stored.data());
    const size_t a_ld = kernels.leading_dimension(k);
    const size_t out_ld = kernels.leading_dimension(n);
    Memory in(rows * a_ld * size_of(kernels.activation));
    Memory out(rows * out_ld * sizeof(float));
    put_rows(kernels, a, rows, k, a_ld, in);
    put_result(kernels, epilogue, before, rows, n, out_ld, out);
    Memory scratch(kernels.product_scratch(rows, k, value));
    kernels.multiply(
        { in.as<void>(), a_ld, rows, matrix, bias.data(), epilogue, out.as<void>(), out_ld, scratch.as<void>(), false });
    bool right = true;
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < n; column++) {
            double sum = bias[column];
            for (int i = 0; i < k; i++) {
                sum += static_cast<double>(a[row * k + i]) * w[column * k + i];
            }
            const double expected = after(epilogue, sum, before[row * n + column]);
            const float found = result(kernels, epilogue, out, row * out_ld + column);
            right = right && std::fabs(found - expected) <= tolerance(kernels, expected);
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

// As f32.
std::vector<float> int8_product(
    const Kernels & kernels, const Packed & matrix, const std::vector<float> & a, int rows, const float * bias, bool again) {
    const int k = matrix.k;
    const size_t a_ld = kernels.leading_dimension(k);
    const size_t out_ld = kernels.leading_dimension(matrix.n);
    Memory in(rows * a_ld * size_of(kernels.activation));
    Memory out(rows * out_ld * sizeof(float));
    Memory scratch(kernels.product_scratch(rows, k, Value::INT8));
    put_rows(kernels, a, rows, k, a_ld, in);
    Product product = { in.as<void>(), a_ld, rows, matrix, bias, Epilogue::ADD, out.as<void>(), out_ld, scratch.as<void>(),
                        false };
    kernels.multiply(product);
    if (again) {
        std::memset(out.as<char>(), 0, rows * out_ld * sizeof(float));
        product.a = nullptr;
        product.again = true;
        kernels.multiply(product);
    }
    std::vector<float> all;
    for (int i = 0; i < rows * matrix.n; i++) {
        all.push_back(out.as<float>()[i / matrix.n * out_ld + i % matrix.n]);
    }
    return all;
}

// Of rows that 8 bits hold exactly.
void int8_epilogues_are_right(const Kernels & kernels, Epilogue epilogue, int rows, int n) {
    const int k = INT8_BLOCK;
    const std::vector<float> w = with_outlier(n, k);
    const std::vector<float> bias = values(n);
    const std::vector<float> before = values(static_cast<size_t>(rows) * n);
    Memory memory(kernels.packed_size(n, k, Value::INT8));
    const Packed matrix = { memory.as<void>(), Value::INT8, n, k };
    pack_rows(kernels, matrix, 0, n, GGML_TYPE_F32, w.data());
    std::vector<float> kept(w.size());
    unpack_rows(kernels, matrix, 0, n, GGML_TYPE_F32, kept.data());
    std::vector<float> a(static_cast<size_t>(rows) * k);
    for (int row = 0; row < rows; row++) {
        a[row * k + 5 * row % k] = 2;
    }
    const size_t a_ld = kernels.leading_dimension(k);
    const size_t out_ld = kernels.leading_dimension(n);
    Memory in(rows * a_ld * size_of(kernels.activation));
    Memory out(rows * out_ld * sizeof(float));
    Memory scratch(kernels.product_scratch(rows, k, Value::INT8));
    put_rows(kernels, a, rows, k, a_ld, in);
    put_result(kernels, epilogue, before, rows, n, out_ld, out);
    kernels.multiply(
        { in.as<void>(), a_ld, rows, matrix, bias.data(), epilogue, out.as<void>(), out_ld, scratch.as<void>(), false });
    bool right = true;
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < n; column++) {
            const double sum = 2.0 * kept[column * k + 5 * row % k] + bias[column];
            const double expected = after(epilogue, sum, before[row * n + column]);
            const float found = result(kernels, epilogue, out, row * out_ld + column);
            right = right && std::fabs(found - expected) <= tolerance(kernels, expected);
        }
    }
    check(right, named(kernels, "int8", rows, n, k) + ", epilogue " + std::to_string(static_cast<int>(epilogue)));
}

void int8_products_are_close(const Kernels & kernels, int rows, int n, int k) {
    const std::string name = named(kernels, "int8", rows, n, k);
    const std::vector<float> w = with_outlier(n, k);
    const std::vector<float> bias = values(n);
    Memory memory(kernels.packed_size(n, k, Value::INT8));
    const Packed matrix = { memory.as<void>(), Value::INT8, n, k };
    pack_rows(kernels, matrix, 0, n, GGML_TYPE_F32, w.data());
    std::vector<float> kept(w.size());
    unpack_rows(kernels, matrix, 0, n, GGML_TYPE_F32, kept.data());
    check(distance(kept, w) < 0.01, name + ": weights are kept");

    // A row with one value turns into rows of one magnitude, which 8 bits hold exactly.
    std::vector<float> single(static_cast<size_t>(rows) * k);
    std::vector<float> expected;
    for (int row = 0; row < rows; row++) {
        single[row * k + 37 * row % k] = 2;
        for (int column = 0; column < n; column++) {
            expected.push_back(2 * kept[column * k + 37 * row % k] + bias[column]);
        }
    }
    const bool blocks = k > INT8_BLOCK; // those without the value are zero, and exact as well
    check(distance(int8_product(kernels, matrix, single, rows, bias.data(), blocks), expected) < 1e-5,
        name + ": rows of one value");

    std::vector<float> a = with_outlier(rows, k);
    expected.clear();
    for (int row = 0; row < rows; row++) {
        for (int column = 0; column < n; column++) {
            double sum = 0;
            for (int i = 0; i < k; i++) {
                sum += static_cast<double>(a[row * k + i]) * kept[column * k + i];
            }
            expected.push_back(static_cast<float>(sum));
        }
    }
    check(distance(int8_product(kernels, matrix, a, rows, nullptr, false), expected) < 0.01, name + ": any rows");

    a[k - 1] = INFINITY;
    const float found = int8_product(kernels, matrix, a, rows, nullptr, false)[0];
    check(!std::isfinite(found), name + ": what is not finite stays so");
    check(int8_product(kernels, matrix, std::vector<float>(a.size()), rows, nullptr, false)
            == std::vector<float>(static_cast<size_t>(rows) * n), name + ": nothing gives nothing");
}

void attention_is_right(
    const Kernels & kernels, const std::vector<int> & lengths, int heads, int head_size, int window, float slope) {
    const int d = heads * head_size;
    std::vector<int> starts = { 0 };
    for (int length : lengths) {
        starts.push_back(starts.back() + length);
    }
    const int rows = starts.back();
    const int longest = *std::max_element(lengths.begin(), lengths.end());
    const std::vector<float> q = values(static_cast<size_t>(rows) * d);
    const std::vector<float> k = values(static_cast<size_t>(rows) * d);
    const std::vector<float> v = values(static_cast<size_t>(rows) * d);
    const size_t ld = kernels.leading_dimension(d);
    const size_t bytes = rows * ld * size_of(kernels.activation);
    Memory queries(bytes);
    Memory keys(bytes);
    Memory rest(bytes);
    Memory scratch(kernels.attention_scratch(longest, head_size));
    put_rows(kernels, q, rows, d, ld, queries);
    put_rows(kernels, k, rows, d, ld, keys);
    put_rows(kernels, v, rows, d, ld, rest);
    const float scale = 1 / std::sqrt(static_cast<float>(head_size));
    std::vector<float> slopes;
    for (int head = 0; head < heads; head++) {
        slopes.push_back(slope * (head + 1));
    }
    kernels.attend({ queries.as<void>(), keys.as<void>(), rest.as<void>(), ld, heads, head_size, scale, window,
                     slope == 0 ? nullptr : slopes.data(), starts.data(), static_cast<int>(lengths.size()), scratch.as<void>() });
    bool right = true;
    for (size_t sequence = 0; sequence < lengths.size(); sequence++) {
        for (int head = 0; head < heads; head++) {
            for (int row = starts[sequence]; row < starts[sequence + 1]; row++) {
                std::vector<double> weights(lengths[sequence]);
                double total = 0;
                for (int i = 0; i < lengths[sequence]; i++) {
                    const int distance = std::abs(starts[sequence] + i - row);
                    if (distance > window) {
                        continue;
                    }
                    double score = 0;
                    for (int j = 0; j < head_size; j++) {
                        score += static_cast<double>(q[row * d + head * head_size + j])
                            * k[(starts[sequence] + i) * d + head * head_size + j];
                    }
                    total += weights[i] = std::exp(score * scale - slopes[head] * distance);
                }
                for (int j = 0; j < head_size; j++) {
                    double expected = 0;
                    for (int i = 0; i < lengths[sequence]; i++) {
                        expected += weights[i] / total * v[(starts[sequence] + i) * d + head * head_size + j];
                    }
                    const float found = activation(kernels, queries.as<void>(), row * ld + head * head_size + j);
                    // A sum of weights of 8 bits each.
                    const double more = kernels.activation == Value::BF16 ? 2.0 / 256 : 0;
                    right = right && std::fabs(found - expected) <= tolerance(kernels, expected) + more;
                }
            }
        }
    }
    check(right, named(kernels, "attention", rows, heads, head_size) + ", window " + std::to_string(window));
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
    Memory memory(rows * ld * size_of(kernels.activation));
    put_rows(kernels, x, rows, d, ld, memory);
    kernels.turn({ memory.as<void>(), ld, rows, heads, head_size, turned, angles.data() });
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
            const float found = activation(kernels, memory.as<void>(), row * ld + column);
            right = right && std::fabs(found - expected) <= tolerance(kernels, expected);
        }
    }
    check(right, named(kernels, "turn", rows, heads, turned));
}

void norms_are_right(const Kernels & kernels, int rows, int d, bool is_copied, bool is_biased) {
    const std::vector<float> x = values(static_cast<size_t>(rows) * d);
    const std::vector<float> weight = values(d);
    const std::vector<float> bias = is_biased ? values(d) : std::vector<float>(d);
    const size_t ld = kernels.leading_dimension(d);
    Memory rest(rows * ld * sizeof(float));
    Memory copy(rows * ld * size_of(kernels.activation));
    for (int i = 0; i < rows * d; i++) {
        rest.as<float>()[i / d * ld + i % d] = x[i];
    }
    kernels.normalize({ rest.as<float>(), is_copied ? nullptr : rest.as<float>(), copy.as<void>(), ld, rows, d, 1e-5f,
                        weight.data(), is_biased ? bias.data() : nullptr });
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
            const double expected = (x[row * d + i] - mean) / std::sqrt(variance + 1e-5) * weight[i] + bias[i];
            const double kept = is_copied ? x[row * d + i] : expected;
            right = right && std::fabs(rest.as<float>()[row * ld + i] - kept) <= 1e-5 + std::fabs(expected) * 1e-5;
            right = right && std::fabs(activation(kernels, copy.as<void>(), row * ld + i) - expected)
                    <= tolerance(kernels, expected) + 1e-5;
        }
    }
    check(right, named(kernels, "norm", rows, d, 1));
}

void kernels_are_right(const Kernels & kernels) {
    const std::vector<Value> weights = kernels.activation == Value::BF16
        ? std::vector<Value>{ Value::BF16, Value::Q8_0 }
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
    }
    if (kernels.int8_name != nullptr) {
        for (int rows : { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 37 }) {
            int8_products_are_close(kernels, rows, rows % 2 == 0 ? 33 : 128, rows % 3 == 0 ? 384 : 128);
            for (Epilogue epilogue : EPILOGUES) {
                int8_epilogues_are_right(kernels, epilogue, rows, 33);
            }
        }
    }
    for (int head_size : { 2, 32, 48, 64, 80 }) {
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
    }
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

void kernels_are_chosen() {
    const Kernels * avx2 = &kernels_avx2();
    const Kernels * avx512 = &kernels_avx512();
    const Kernels * vnni = &kernels_avx512_vnni();
    const Kernels * bf16 = &kernels_avx512_bf16();
    const Cpu zen4 = { Isa::AVX512_BF16, true };
    const Cpu emerald_rapids = { Isa::AVX512_BF16, false };
    choose("a CPU without AVX2", { Isa::NONE, false }, nullptr, nullptr, nullptr, nullptr);
    choose("Haswell", { Isa::AVX2, false }, nullptr, avx2, avx2, avx2);
    choose("Zen 3", { Isa::AVX2, true }, nullptr, avx2, avx2, avx2);
    choose("Skylake", { Isa::AVX512, false }, nullptr, avx512, avx512, avx512);
    choose("Cascade Lake", { Isa::AVX512_VNNI, false }, nullptr, avx512, avx512, vnni);
    choose("Ice Lake", { Isa::AVX512_VNNI, false }, nullptr, avx512, avx512, vnni);
    choose("Alder Lake, whose AVX-512 is off", { Isa::AVX2, false }, nullptr, avx2, avx2, avx2);
    choose("Zen 4 and Zen 5", zen4, nullptr, avx512, bf16, bf16);
    // Whether they have AMX, which a virtual machine may hide, makes no difference.
    choose("Sapphire Rapids and Emerald Rapids", emerald_rapids, nullptr, avx512, avx512, bf16);
    for (const Cpu & cpu : { zen4, emerald_rapids }) {
        choose("bf16 forced", cpu, "avx512_bf16", avx512, bf16, bf16);
        choose("VNNI forced", cpu, "avx512_vnni", avx512, avx512, vnni);
        choose("AVX-512 forced", cpu, "avx512", avx512, avx512, avx512);
        choose("AVX2 forced", cpu, "avx2", avx2, avx2, avx2);
        choose("what is no name forced", cpu, "abacus", nullptr, nullptr, nullptr);
    }
    choose("bf16 forced on Cascade Lake", { Isa::AVX512_VNNI, false }, "avx512_bf16", nullptr, nullptr, nullptr);
    // gcc's names of makers against those of cpuid itself.
    unsigned int eax = 0, maker[4] = {};
    check(__get_cpuid(0, &eax, &maker[0], &maker[2], &maker[1]) != 0, "cpuid");
    check(this_cpu().is_amd == (std::strcmp(reinterpret_cast<char *>(maker), "AuthenticAMD") == 0), "the maker of this CPU");
}

} // namespace

int main() {
    ggml_init_params parameters = { ggml_tensor_overhead(), nullptr, true };
    ggml_free(ggml_init(parameters)); // fills ggml's tables
    std::printf("avx2\n");
    kernels_are_right(kernels_avx2());
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) {
        std::printf("avx512\n");
        kernels_are_right(kernels_avx512());
    }
    if (__builtin_cpu_supports("avx512vnni")) {
        std::printf("avx512_vnni\n");
        kernels_are_right(kernels_avx512_vnni());
    }
    if (__builtin_cpu_supports("avx512bf16")) {
        std::printf("avx512_bf16\n");
        kernels_are_right(kernels_avx512_bf16());
    }
    sequences_are_found();
    kernels_are_chosen();
    std::printf("%d checks, %d wrong\n", checks, wrong);
    return wrong == 0 ? 0 : 1;
}
