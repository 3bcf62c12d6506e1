package dev.embark.job.cli;

import java.util.Locale;

/** How a run reports progress on standard error: the values of {@code --progress}. */
public enum ProgressMode {
  /** A single line redrawn in place on a terminal, otherwise {@link #PLAIN}. */
  AUTO,
  /** One line every ten seconds, without control characters. */
  PLAIN,
  /** One JSON object per line, as specified by {@code progress.schema.json}. */
  JSON,
  /** No progress output. */
  NONE;

  /** Returns the name used by the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
