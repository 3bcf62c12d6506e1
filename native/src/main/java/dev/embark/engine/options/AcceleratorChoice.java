package dev.embark.engine.options;

import java.util.Locale;

/** Values of the option {@code accelerator}. */
public enum AcceleratorChoice {
  /** Used where machine and model support it. */
  AUTO,
  /** Not used. */
  OFF;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
