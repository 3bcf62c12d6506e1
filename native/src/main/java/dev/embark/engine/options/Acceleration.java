package dev.embark.engine.options;

import java.util.Locale;

/** The arithmetic with which a CPU computes encoder models. */
public enum Acceleration {
  /** Plain llama.cpp. */
  OFF,
  /** Embark's accelerator in 32-bit floats. */
  EXACT,
  /** Embark's accelerator in 16-bit integers where the CPU multiplies them faster, or as EXACT. */
  FAST,
  /** As FAST, but with 8-bit integers for most products with weights. */
  INT8;

  /** Returns the name used by embark_llama.h. */
  public String precision() {
    return this == OFF ? "" : name().toLowerCase(Locale.ROOT);
  }
}
