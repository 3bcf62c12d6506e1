package dev.embark.job.cli;

import java.util.List;

/**
 * Validation and serialisation of command-line options, shared by the mixins of {@link JobSpec}.
 */
public final class Arguments {
  private Arguments() {}

  /**
   * Checks a condition on an option.
   *
   * @throws IllegalArgumentException with {@code otherwise} as its message if {@code holds} is
   *     false
   */
  static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** Adds {@code name=value} as a single argument, because a value may begin with a dash. */
  static void addIfGiven(List<String> arguments, String name, Object value) {
    if (value != null) {
      arguments.add(name + "=" + value);
    }
  }

  static void addIf(List<String> arguments, String name, boolean given) {
    if (given) {
      arguments.add(name);
    }
  }
}
