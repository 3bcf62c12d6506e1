package dev.embark.job.cli;

import java.util.List;

/** What the parts of a {@link JobSpec} do alike: check what was given, and write it again. */
public final class Arguments {
  private Arguments() {}

  /**
   * Checks an option.
   *
   * @throws IllegalArgumentException with this sentence if it does not hold
   */
  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** Adds an option with its value; one word, as a value may begin with a dash. */
  static void addIfGiven(List<String> arguments, String name, Object value) {
    if (value != null) {
      arguments.add(name + "=" + value);
    }
  }

  /** Adds an option without a value. */
  static void addIf(List<String> arguments, String name, boolean given) {
    if (given) {
      arguments.add(name);
    }
  }
}
