// The loops along k of all products: sums of ROWS rows of activations times one panel of weights.
//
// They are inline assembly with fixed registers, because GCC 12 spills accumulators that intrinsics keep in
// registers. All kinds of numbers share one loop: a step multiplies the next 4 bytes of every row (one f32,
// two int16 or four int8) by two vectors of weights. Registers 0 and 1 hold the weights, 2 the values of a
// row, 3 an intermediate result, 4 + 2 r and 5 + 2 r the sums of row r.
#pragma once

#include <cstddef>

#ifdef __AVX512F__
#define REGISTER "%%zmm"
#define SECOND_VECTOR "64" // offset in bytes
#define TILE_ROWS 12
#define ALL_REGISTERS                                                                                              \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",     \
        "xmm13", "xmm14", "xmm15", "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",         \
        "xmm24", "xmm25", "xmm26", "xmm27"
#else
#define REGISTER "%%ymm"
#define SECOND_VECTOR "32"
#define TILE_ROWS 6
#define ALL_REGISTERS                                                                                              \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",     \
        "xmm13", "xmm14", "xmm15"
#endif
#ifdef VNNI_ENCODING
#define MULTIPLY_INT16(w, x, sums) VNNI_ENCODING "vpdpwssd " w ", " x ", " sums "\n\t"
#define MULTIPLY_INT8(w, x, sums) VNNI_ENCODING "vpdpbusd " w ", " x ", " sums "\n\t"
#else
#define MULTIPLY_INT16(w, x, sums)                                                                                 \
    "vpmaddwd " w ", " x ", " REGISTER "3\n\t"                                                                     \
    "vpaddd " REGISTER "3, " sums ", " sums "\n\t"
#endif
#define MULTIPLY_F32(w, x, sums) "vfmadd231ps " w ", " x ", " sums "\n\t"

// DO(row, its address, its two registers); bN points to row N.
#define EACH_ROW(DO)                                                                                               \
    DO(0, "(%[b0])", "4", "5") DO(1, "(%[b0],%[ld])", "6", "7") DO(2, "(%[b0],%[ld],2)", "8", "9")                 \
    DO(3, "(%[b3])", "10", "11") DO(4, "(%[b3],%[ld])", "12", "13") DO(5, "(%[b3],%[ld],2)", "14", "15")           \
    DO(6, "(%[b6])", "16", "17") DO(7, "(%[b6],%[ld])", "18", "19") DO(8, "(%[b6],%[ld],2)", "20", "21")           \
    DO(9, "(%[b9])", "22", "23") DO(10, "(%[b9],%[ld])", "24", "25") DO(11, "(%[b9],%[ld],2)", "26", "27")

#define IF_ROW(row, instructions) ".if %c[rows] > " #row "\n\t" instructions ".endif\n\t"

#define START_ROW(row, address, x, y)                                                                              \
    IF_ROW(row, "vmovaps " REGISTER "0, " REGISTER x "\n\tvmovaps " REGISTER "1, " REGISTER y "\n\t")

#define MULTIPLY_ROW(MULTIPLY, row, address, x, y)                                                                 \
    IF_ROW(row, "vbroadcastss " address ", " REGISTER "2\n\t"                                                      \
        MULTIPLY(REGISTER "0", REGISTER "2", REGISTER x) MULTIPLY(REGISTER "1", REGISTER "2", REGISTER y))
#define MULTIPLY_ROW_F32(row, address, x, y) MULTIPLY_ROW(MULTIPLY_F32, row, address, x, y)
#define MULTIPLY_ROW_INT16(row, address, x, y) MULTIPLY_ROW(MULTIPLY_INT16, row, address, x, y)
#define MULTIPLY_ROW_INT8(row, address, x, y) MULTIPLY_ROW(MULTIPLY_INT8, row, address, x, y)

#define STORE_ROW(row, address, x, y)                                                                              \
    IF_ROW(row, "vmovups " REGISTER x ", " address "\n\tvmovups " REGISTER y ", " SECOND_VECTOR address "\n\t")

// Integer sums as f32, times the scale of the row (and of the column), stored or added.
#define STORE_INTEGERS(row, address, x, y)                                                                         \
    IF_ROW(row, "vbroadcastss 4*" #row "(%[scales]), " REGISTER "2\n\t"                                            \
        STORE_VECTOR(address, REGISTER "0", REGISTER x) STORE_VECTOR(SECOND_VECTOR address, REGISTER "1", REGISTER y))
#define STORE_VECTOR(address, column_scale, sums)                                                                  \
    "vcvtdq2ps " sums ", " sums "\n\t"                                                                             \
    ".if %c[by_column]\n\t"                                                                                        \
    "vmulps " column_scale ", " sums ", " sums "\n\t"                                                              \
    ".endif\n\t"                                                                                                   \
    ".if %c[adds]\n\t"                                                                                             \
    "vfmadd213ps " address ", " REGISTER "2, " sums "\n\t"                                                         \
    ".else\n\t"                                                                                                    \
    "vmulps " REGISTER "2, " sums ", " sums "\n\t"                                                                 \
    ".endif\n\t"                                                                                                   \
    "vmovups " sums ", " address "\n\t"

#define LOAD_BOTH(address)                                                                                         \
    "vmovups (" address "), " REGISTER "0\n\t"                                                                     \
    "vmovups " SECOND_VECTOR "(" address "), " REGISTER "1\n\t"

#define POINT_TO_ROWS                                                                                              \
    "lea (%[ld],%[ld],2), %[b9]\n\t"                                                                               \
    "lea (%[b0],%[b9]), %[b3]\n\t"                                                                                 \
    "lea (%[b3],%[b9]), %[b6]\n\t"                                                                                 \
    "add %[b6], %[b9]\n\t"

// Defines NAME(a, a_ld, steps, panel, start, scales, columns, c, c_ld). Leading dimensions are in bytes.
// `start` has two vectors to start the sums of every row with, `scales` one f32 per row, and `columns` two
// vectors of scales if BY_COLUMN. The results replace c[ROWS][PANEL], or are added to it if ADDS.
#define DEFINE_K_LOOP(NAME, MULTIPLY_ROW_OF_KIND, STORE_ROW_OF_KIND)                                               \
    template <int ROWS, bool BY_COLUMN, bool ADDS>                                                                 \
    inline void NAME(                                                                                              \
        const void * a, size_t a_ld, size_t steps, const void * panel, const void * start, const float * scales,   \
        const void * columns, float * c, size_t c_ld) {                                                            \
        const void *b3, *b6, *b9;                                                                                  \
        __asm__ volatile(                                                                                          \
            POINT_TO_ROWS                                                                                          \
            LOAD_BOTH("%[start]")                                                                                  \
            EACH_ROW(START_ROW)                                                                                    \
            ".p2align 4\n"                                                                                         \
            "1:\n\t"                                                                                               \
            LOAD_BOTH("%[panel]")                                                                                  \
            EACH_ROW(MULTIPLY_ROW_OF_KIND)                                                                         \
            "add $2*" SECOND_VECTOR ", %[panel]\n\t"                                                               \
            "add $4, %[b0]\n\t"                                                                                    \
            ".if %c[rows] > 3\n\tadd $4, %[b3]\n\t.endif\n\t"                                                      \
            ".if %c[rows] > 6\n\tadd $4, %[b6]\n\t.endif\n\t"                                                      \
            ".if %c[rows] > 9\n\tadd $4, %[b9]\n\t.endif\n\t"                                                      \
            "dec %[steps]\n\t"                                                                                     \
            "jnz 1b\n\t"                                                                                           \
            "mov %[c], %[b0]\n\t"                                                                                  \
            "mov %[c_ld], %[ld]\n\t"                                                                               \
            POINT_TO_ROWS                                                                                          \
            ".if %c[by_column]\n\t"                                                                                \
            LOAD_BOTH("%[columns]")                                                                                \
            ".endif\n\t"                                                                                           \
            EACH_ROW(STORE_ROW_OF_KIND)                                                                            \
            : [b0] "+r"(a), [ld] "+r"(a_ld), [steps] "+r"(steps), [panel] "+r"(panel), [b3] "=&r"(b3),             \
              [b6] "=&r"(b6), [b9] "=&r"(b9)                                                                       \
            : [start] "r"(start), [scales] "r"(scales), [columns] "r"(columns), [c] "r"(c), [c_ld] "r"(c_ld),      \
              [rows] "i"(ROWS), [by_column] "i"(BY_COLUMN ? 1 : 0), [adds] "i"(ADDS ? 1 : 0)                       \
            : "memory", "cc", ALL_REGISTERS);                                                                      \
    }

namespace {

DEFINE_K_LOOP(k_loop_f32, MULTIPLY_ROW_F32, STORE_ROW)
#ifdef MULTIPLIES_INT16
DEFINE_K_LOOP(k_loop_int16, MULTIPLY_ROW_INT16, STORE_INTEGERS)
#endif
#ifdef MULTIPLIES_INT8
DEFINE_K_LOOP(k_loop_int8, MULTIPLY_ROW_INT8, STORE_INTEGERS)
#endif

} // namespace
