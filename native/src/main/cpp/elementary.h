// 2^x, GELU and SiLU on vectors.
#pragma once

namespace {

// Within 1e-7 of 2^x, relatively; for x beyond +-126 the value there.
inline Vector exp2(Vector x) {
    x = max(x, all(-126.0f));
    x = zero() - max(zero() - x, all(-126.0f));
    Vector whole = nearest(x);
    Vector f = x - whole;
    // 2^f on [-1/2, 1/2]: fit of degree 5 to the least relative error, which is 7.5e-8.
    Vector p = all(0.00132764707f);
    p = fma(p, f, all(0.00967554132f));
    p = fma(p, f, all(0.0555071328f));
    p = fma(p, f, all(0.240221197f));
    p = fma(p, f, all(0.693146967f));
    p = fma(p, f, all(1.00000007f));
    return scale_by_power(p, whole);
}

// x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), which is what ggml's GELU computes, written as
// x / (1 + 2^-2z log2(e)), divided as well as activations can hold.
inline Vector gelu(Vector x) {
    const float twice_log2_e = 2.885390081777927f;
    const float root = 0.7978845608028654f;
    Vector square = x * x;
    Vector z = x * fma(square, all(-twice_log2_e * root * 0.044715f), all(-twice_log2_e * root));
    return divide(x, all(1.0f) + exp2(z));
}

// x / (1 + e^-x), divided likewise.
inline Vector silu(Vector x) {
    const float log2_e = 1.4426950408889634f;
    return divide(x, all(1.0f) + exp2(x * all(-log2_e)));
}

} // namespace
