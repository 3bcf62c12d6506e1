// 2^x, GELU and SiLU on vectors.
#pragma once

namespace {

// 2^x with a relative error below 1e-7; x is clamped to +-126.
inline Vector exp2(Vector x) {
    x = max(x, all(-126.0f));
    x = zero() - max(zero() - x, all(-126.0f));
    Vector whole = nearest(x);
    Vector f = x - whole;
    // 2^f on [-1/2, 1/2]: minimax polynomial of degree 5, relative error 7.5e-8.
    Vector p = all(0.00132764707f);
    p = fma(p, f, all(0.00967554132f));
    p = fma(p, f, all(0.0555071328f));
    p = fma(p, f, all(0.240221197f));
    p = fma(p, f, all(0.693146967f));
    p = fma(p, f, all(1.00000007f));
    return scale_by_power(p, whole);
}

// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), ggml's GELU, written as x / (1 + 2^-2z log2(e)).
inline Vector gelu(Vector x) {
    const float twice_log2_e = 2.885390081777927f;
    const float root = 0.7978845608028654f;
    Vector square = x * x;
    Vector z = x * fma(square, all(-twice_log2_e * root * 0.044715f), all(-twice_log2_e * root));
    return x / (all(1.0f) + exp2(z));
}

// x / (1 + e^-x)
inline Vector silu(Vector x) {
    const float log2_e = 1.4426950408889634f;
    return x / (all(1.0f) + exp2(x * all(-log2_e)));
}

} // namespace
