package dev.embark.engine;

import java.util.Locale;

/** What computes the encoder of a model on a CPU. */
public enum Acceleration {
  /** llama.cpp alone. */
  OFF,
  /** Embark's accelerator, in 32-bit floats. */
  EXACT,
  /** Embark's accelerator, in bfloat16 where the CPU multiplies it faster, else as EXACT. */
  FAST,
  /** As FAST, but for most products with weights, which are of 8-bit integers. */
  INT8;

  /**
   * The instructions that it computes with on this machine, such as {@code AVX-512 BF16}; empty for
   * llama.cpp alone. Two with the same instructions compute the same. Safe for any thread.
   *
   * @throws EmbarkException of kind BACKEND when llama.cpp cannot be used on this machine
   */
  public String kernels() {
    LlamaBackend.start();
    return Accelerator.kernels(this);
  }

  /** As embark_llama.h names it. */
  String precision() {
    return this == OFF ? "" : name().toLowerCase(Locale.ROOT);
  }
}
