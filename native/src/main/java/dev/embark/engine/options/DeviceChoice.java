package dev.embark.engine.options;

import java.util.Locale;

/** Where a user wants vectors computed. */
public enum DeviceChoice {
  /** On a GPU if there is one to use, and else on the CPU. */
  AUTO,
  /** On the CPU, also where there is a GPU. */
  CPU,
  /** On a GPU, and nowhere else. */
  GPU;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
