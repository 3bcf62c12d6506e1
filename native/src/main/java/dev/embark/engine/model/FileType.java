package dev.embark.engine.model;

import dev.embark.gguf.GgufHeader;
import java.util.Optional;

/**
 * The mix of weight types in a GGUF file as people name it: {@code Q4_K_M} holds weights of Q4_K,
 * Q6_K and F32. The numbers of {@code general.file_type} are those of {@code llama_ftype} in
 * llama.cpp's {@code include/llama.h}. Stateless.
 */
final class FileType {
  private static final String KEY = "general.file_type";
  // The index is the number; 4 to 6 and 33 to 35 were withdrawn.
  private static final String[] NAMES = {
    "F32", "F16", "Q4_0", "Q4_1", "", "", "", "Q8_0", "Q5_0", "Q5_1", "Q2_K", "Q3_K_S", "Q3_K_M",
    "Q3_K_L", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "IQ2_XXS", "IQ2_XS", "Q2_K_S",
    "IQ3_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ3_M", "IQ2_S", "IQ2_M", "IQ4_XS", "IQ1_M",
    "BF16", "", "", "", "TQ1_0", "TQ2_0", "MXFP4"
  };

  private FileType() {}

  /** Returns the name that the file gives its mix; empty if it gives none that is known. */
  static Optional<String> name(GgufHeader header) {
    return header
        .get(KEY)
        .filter(value -> value.value() instanceof Long)
        .map(value -> (Long) value.value())
        .filter(number -> number >= 0 && number < NAMES.length)
        .map(number -> NAMES[number.intValue()])
        .filter(name -> !name.isEmpty());
  }
}
