package dev.embark.engine.options;

import java.util.Locale;

/** The values of the option {@code accelerator}. */
public enum AcceleratorChoice {
  /** Used where machine and model suit. */
  AUTO,
  /** Not used. */
  OFF;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
