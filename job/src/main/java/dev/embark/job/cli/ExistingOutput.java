package dev.embark.job.cli;

import java.util.Locale;

/** Behaviour of a run whose output already exists: the values of {@code --save-mode}. */
public enum ExistingOutput {
  /** Fail before the run starts. */
  ERRORIFEXISTS,
  /** Replace the existing output. */
  OVERWRITE,
  /** Add rows to the existing output. */
  APPEND,
  /** Keep the existing output and do nothing. */
  IGNORE;

  /** Returns the name used by the command line and by Spark. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
