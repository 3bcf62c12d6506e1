package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code device}. */
public enum DeviceChoice {
  /** A GPU if one is available, otherwise the CPU. */
  AUTO,
  /** The CPU, even if a GPU is available. */
  CPU,
  /** A GPU only. */
  GPU;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
