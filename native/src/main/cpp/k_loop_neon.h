// The loops of k_loop.h in the instructions of ARM64. All kinds of numbers use the layout of AVX2.
//
// Registers 0 to 3 hold the weights of a step, 4 the values of a row, 5 an intermediate result, 8 + 4 r to
// 11 + 4 r the sums of row r.
#pragma once

#include <cstddef>

#define TILE_ROWS 6

// DO(row, pointer to it, its four registers)
#define EACH_ROW(DO)                                                                                               \
    DO(0, "%[b0]", "8", "9", "10", "11") DO(1, "%[b1]", "12", "13", "14", "15")                                    \
    DO(2, "%[b2]", "16", "17", "18", "19") DO(3, "%[b3]", "20", "21", "22", "23")                                  \
    DO(4, "%[b4]", "24", "25", "26", "27") DO(5, "%[b5]", "28", "29", "30", "31")

#define IF_ROW(row, instructions) ".if %c[rows] > " #row "\n\t" instructions ".endif\n\t"

#define COPY(from, to) "mov v" to ".16b, v" from ".16b\n\t"
#define START_ROW(row, pointer, w, x, y, z)                                                                        \
    IF_ROW(row, COPY("0", w) COPY("1", x) COPY("2", y) COPY("3", z))

#define LOAD_ROW(pointer) "ldr s4, [" pointer "], #4\n\t"
#define LOAD_FOUR(address)                                                                                         \
    "ldp q0, q1, [" address "]\n\t"                                                                                \
    "ldp q2, q3, [" address ", #32]\n\t"
#define LOAD_STEP LOAD_FOUR("%[panel]") "add %[panel], %[panel], #64\n\t"

#define MULTIPLY_F32(weights, sums) "fmla v" sums ".4s, v" weights ".4s, v4.s[0]\n\t"
#define MULTIPLY_ROW_F32(row, pointer, w, x, y, z)                                                                 \
    IF_ROW(row, LOAD_ROW(pointer)                                                                                  \
        MULTIPLY_F32("0", w) MULTIPLY_F32("1", x) MULTIPLY_F32("2", y) MULTIPLY_F32("3", z))

#define MULTIPLY_INT8(weights, sums) "sdot v" sums ".4s, v" weights ".16b, v4.4b[0]\n\t"
#define MULTIPLY_ROW_INT8(row, pointer, w, x, y, z)                                                                \
    IF_ROW(row, LOAD_ROW(pointer)                                                                                  \
        MULTIPLY_INT8("0", w) MULTIPLY_INT8("1", x) MULTIPLY_INT8("2", y) MULTIPLY_INT8("3", z))

// Of both values of k: registers 0 and 2 have the weights of the first, 1 and 3 those of the second.
#define LOAD_PAIRS                                                                                                 \
    "ld2 {v0.8h, v1.8h}, [%[panel]], #32\n\t"                                                                      \
    "ld2 {v2.8h, v3.8h}, [%[panel]], #32\n\t"
#define MULTIPLY_INT16(weights, value, low, high)                                                                  \
    "smlal v" low ".4s, v" weights ".4h, v4.h[" value "]\n\t"                                                      \
    "smlal2 v" high ".4s, v" weights ".8h, v4.h[" value "]\n\t"
#define MULTIPLY_ROW_INT16(row, pointer, w, x, y, z)                                                               \
    IF_ROW(row, LOAD_ROW(pointer)                                                                                  \
        MULTIPLY_INT16("0", "0", w, x) MULTIPLY_INT16("2", "0", y, z)                                              \
        MULTIPLY_INT16("1", "1", w, x) MULTIPLY_INT16("3", "1", y, z))

#define NEXT_ROW "add %[b0], %[b0], %[c_ld]\n\t"
#define STORE_ROW(row, pointer, w, x, y, z)                                                                        \
    IF_ROW(row, "stp q" w ", q" x ", [%[b0]]\n\tstp q" y ", q" z ", [%[b0], #32]\n\t" NEXT_ROW)

// Integer sums as f32, times the scale of the row (and of the column), stored or added.
#define STORE_INTEGERS(row, pointer, w, x, y, z)                                                                   \
    IF_ROW(row, "ldr s4, [%[scales], #4*" #row "]\n\t"                                                             \
        STORE_VECTOR("0", "0", w) STORE_VECTOR("1", "16", x) STORE_VECTOR("2", "32", y)                            \
        STORE_VECTOR("3", "48", z) NEXT_ROW)
#define STORE_VECTOR(column_scale, offset, sums)                                                                   \
    "scvtf v" sums ".4s, v" sums ".4s\n\t"                                                                         \
    ".if %c[by_column]\n\t"                                                                                        \
    "fmul v" sums ".4s, v" sums ".4s, v" column_scale ".4s\n\t"                                                    \
    ".endif\n\t"                                                                                                   \
    ".if %c[adds]\n\t"                                                                                             \
    "ldr q5, [%[b0], #" offset "]\n\t"                                                                             \
    "fmla v5.4s, v" sums ".4s, v4.s[0]\n\t"                                                                        \
    "str q5, [%[b0], #" offset "]\n\t"                                                                             \
    ".else\n\t"                                                                                                    \
    "fmul v" sums ".4s, v" sums ".4s, v4.s[0]\n\t"                                                                 \
    "str q" sums ", [%[b0], #" offset "]\n\t"                                                                      \
    ".endif\n\t"

// Parameters as in k_loop.h; a vector there is 8 values, so `start` and `columns` have 16 values.
#define DEFINE_K_LOOP(NAME, LOAD_WEIGHTS_OF_KIND, MULTIPLY_ROW_OF_KIND, STORE_ROW_OF_KIND)                         \
    template <int ROWS, bool BY_COLUMN, bool ADDS>                                                                 \
    inline void NAME(                                                                                              \
        const void * a, size_t a_ld, size_t steps, const void * panel, const void * start, const float * scales,   \
        const void * columns, float * c, size_t c_ld) {                                                            \
        const void *b1, *b2, *b3, *b4, *b5;                                                                        \
        __asm__ volatile(                                                                                          \
            "add %[b1], %[b0], %[ld]\n\t"                                                                          \
            "add %[b2], %[b1], %[ld]\n\t"                                                                          \
            "add %[b3], %[b2], %[ld]\n\t"                                                                          \
            "add %[b4], %[b3], %[ld]\n\t"                                                                          \
            "add %[b5], %[b4], %[ld]\n\t"                                                                          \
            LOAD_FOUR("%[start]")                                                                                  \
            EACH_ROW(START_ROW)                                                                                    \
            ".p2align 4\n"                                                                                         \
            "1:\n\t"                                                                                               \
            LOAD_WEIGHTS_OF_KIND                                                                                   \
            EACH_ROW(MULTIPLY_ROW_OF_KIND)                                                                         \
            "subs %[steps], %[steps], #1\n\t"                                                                      \
            "b.ne 1b\n\t"                                                                                          \
            "mov %[b0], %[c]\n\t"                                                                                  \
            ".if %c[by_column]\n\t"                                                                                \
            LOAD_FOUR("%[columns]")                                                                                \
            ".endif\n\t"                                                                                           \
            EACH_ROW(STORE_ROW_OF_KIND)                                                                            \
            : [b0] "+r"(a), [steps] "+r"(steps), [panel] "+r"(panel), [b1] "=&r"(b1), [b2] "=&r"(b2),              \
              [b3] "=&r"(b3), [b4] "=&r"(b4), [b5] "=&r"(b5)                                                       \
            : [ld] "r"(a_ld), [start] "r"(start), [scales] "r"(scales), [columns] "r"(columns), [c] "r"(c),        \
              [c_ld] "r"(c_ld), [rows] "i"(ROWS), [by_column] "i"(BY_COLUMN ? 1 : 0), [adds] "i"(ADDS ? 1 : 0)     \
            : "memory", "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v8", "v9", "v10", "v11", "v12", "v13", "v14",   \
              "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28",    \
              "v29", "v30", "v31");                                                                                \
    }

namespace {

DEFINE_K_LOOP(k_loop_f32, LOAD_STEP, MULTIPLY_ROW_F32, STORE_ROW)
#ifdef MULTIPLIES_INT16
DEFINE_K_LOOP(k_loop_int16, LOAD_PAIRS, MULTIPLY_ROW_INT16, STORE_INTEGERS)
#endif
#ifdef MULTIPLIES_INT8
DEFINE_K_LOOP(k_loop_int8, LOAD_STEP, MULTIPLY_ROW_INT8, STORE_INTEGERS)
#endif

} // namespace
