package dev.embark.engine.options;

import java.util.Locale;

/** The values of the option {@code precision}: what the accelerator computes in. */
public enum Precision {
  /** 32-bit floats. */
  EXACT,
  /** bfloat16 where the CPU multiplies it faster, else as EXACT. */
  FAST,
  /** 8-bit integers where the machine multiplies them (AVX-512 VNNI), else as FAST. */
  INT8;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
