package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code precision}: the arithmetic of the accelerator. */
public enum Precision {
  /** 32-bit floats. */
  EXACT,
  /** 16-bit integers where the CPU multiplies them faster, otherwise as EXACT. */
  FAST,
  /** 8-bit integers on CPUs with AVX-512 VNNI, AVX-VNNI or SDOT, otherwise as FAST. */
  INT8;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
