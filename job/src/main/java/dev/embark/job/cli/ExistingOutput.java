package dev.embark.job.cli;

import java.util.Locale;

/** What to do if there is an output already. */
public enum ExistingOutput {
  /** Refuse to start. */
  ERRORIFEXISTS,
  /** Replace it. */
  OVERWRITE,
  /** Add to it. */
  APPEND,
  /** Leave it as it is and do nothing. */
  IGNORE;

  /** Returns the name as written on the command line, which is also Spark's. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
