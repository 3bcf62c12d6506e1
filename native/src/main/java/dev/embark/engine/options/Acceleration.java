package dev.embark.engine.options;

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

  /** As embark_llama.h names it. */
  public String precision() {
    return this == OFF ? "" : name().toLowerCase(Locale.ROOT);
  }
}
