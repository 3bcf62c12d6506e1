package dev.embark.job.cli;

import java.util.Locale;

/** How a run tells on standard error how far it is; the values of {@code --progress}. */
public enum ProgressMode {
  /** One line drawn over itself for a person at a terminal, else {@link #PLAIN}. */
  AUTO,
  /** A line every ten seconds, without control characters. */
  PLAIN,
  /** A JSON object a line; {@code progress.schema.json} describes them. */
  JSON,
  /** Nothing. */
  NONE;

  /** Returns the name as written on the command line. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
