// Prints the roof of one core: how many operations a second each kind of number has at most, as a line
// "KIND<TAB>operations a second" per kind that this CPU has. Assembly, since compilers spill accumulators
// of intrinsics. A multiplication and an addition count as two operations.
#include <chrono>
#include <cstdint>
#include <cstdio>

namespace {

constexpr double SECONDS = 1;  // a kind
constexpr int STEPS = 200000;
constexpr int ACCUMULATORS = 12;  // more than latency times ports of any of these instructions

// Twelve independent accumulators of a register kind R, each with the instruction I on the operands A, B.
#define TWELVE(I, R, A)                                                                             \
    I(R, 0, A) I(R, 1, A) I(R, 2, A) I(R, 3, A) I(R, 4, A) I(R, 5, A)                               \
    I(R, 6, A) I(R, 7, A) I(R, 8, A) I(R, 9, A) I(R, 10, A) I(R, 11, A)
#define ONE(R, N, OPERATION) OPERATION " %%" R "14, %%" R "15, %%" R #N "\n\t"
// A product into a register of its own, then an addition.
#define TWO(R, N, OPERATION) OPERATION " %%" R "14, %%" R "15, %%" R "13\n\t" "vpaddd %%" R "13, %%" R #N ", %%" R #N "\n\t"
#define THREE(R, N, OPERATION)                                                                      \
    OPERATION " %%" R "14, %%" R "15, %%" R "13\n\t" "vpmaddwd %%" R "12, %%" R "13, %%" R "13\n\t"   \
    "vpaddd %%" R "13, %%" R #N ", %%" R #N "\n\t"

#define LOOP(BODY)                                                                                  \
    long steps = STEPS;                                                                             \
    asm volatile("vpxor %%xmm12, %%xmm12, %%xmm12\n\tvpxor %%xmm14, %%xmm14, %%xmm14\n\t"           \
                 "vpxor %%xmm15, %%xmm15, %%xmm15\n\t.p2align 5\n1:\n\t" BODY                       \
                 "dec %0\n\tjnz 1b\n\tvzeroupper\n\t"                                               \
                 : "+r"(steps)                                                                      \
                 :                                                                                  \
                 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",   \
                   "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

void f32_zmm() { LOOP(TWELVE(ONE, "zmm", "vfmadd231ps")); }
void bf16_zmm() { LOOP(TWELVE(ONE, "zmm", "vdpbf16ps")); }
void int16_zmm() { LOOP(TWELVE(ONE, "zmm", "vpdpwssd")); }
void int8_zmm() { LOOP(TWELVE(ONE, "zmm", "vpdpbusd")); }
void f32_ymm() { LOOP(TWELVE(ONE, "ymm", "vfmadd231ps")); }
void int16_ymm() { LOOP(TWELVE(TWO, "ymm", "vpmaddwd")); }
void int8_ymm() { LOOP(TWELVE(THREE, "ymm", "vpmaddubsw")); }

double seconds_of(void (*loop)()) {
    const auto start = std::chrono::steady_clock::now();
    loop();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void print(const char * kind, bool is_there, void (*loop)(), int operations) {
    if (!is_there) {
        return;
    }
    double best = 1e9;
    for (double total = 0; total < SECONDS;) {
        const double seconds = seconds_of(loop);
        total += seconds;
        best = seconds < best ? seconds : best;
    }
    std::printf("%s\t%.0f\n", kind, static_cast<double>(STEPS) * ACCUMULATORS * operations / best);
}

} // namespace

int main() {
    __builtin_cpu_init();
    const bool avx512 = __builtin_cpu_supports("avx512bw");
    const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    print("f32", avx512, f32_zmm, 16 * 2);
    print("bf16", avx512 && __builtin_cpu_supports("avx512bf16"), bf16_zmm, 32 * 2);
    print("int16", vnni, int16_zmm, 32 * 2);
    print("int8", vnni, int8_zmm, 64 * 2);
    print("f32-avx2", avx2, f32_ymm, 8 * 2);
    print("int16-avx2", avx2, int16_ymm, 16 * 2);
    print("int8-avx2", avx2, int8_ymm, 32 * 2);
    return 0;
}
