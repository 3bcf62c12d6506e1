package dev.embark.job.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Refuses values that no option takes: blank texts, keys without a name, counts below one. */
final class GivenValues {
  private static final Set<String> MAY_BE_BLANK = Set.of("--prefix");
  private static final Set<String> MAY_BE_ZERO = Set.of("--gpu");

  private GivenValues() {}

  /** Whether an option takes a text without a visible character, too. */
  static boolean mayBeBlank(OptionSpec option) {
    return MAY_BE_BLANK.contains(option.longestName());
  }

  /** Returns the least value of an option that takes a whole number. */
  static int least(OptionSpec option) {
    return MAY_BE_ZERO.contains(option.longestName()) ? 0 : 1;
  }

  /** Whether an option takes one whole number. */
  static boolean isInteger(ArgSpec option) {
    return Set.of(Integer.class, int.class, Long.class, long.class).contains(option.type());
  }

  /**
   * Checks the values of a command line and its subcommands.
   *
   * @throws ParameterException that names the first wrong one
   */
  static void check(ParseResult result) {
    for (CommandLine line : result.asCommandLineList()) {
      ParseResult given = line.getParseResult();
      for (OptionSpec option : given.matchedOptions()) {
        check(line, option);
      }
      given.matchedPositionals().stream()
          .filter(word -> word.type() == String.class && anyBlank(word.stringValues()))
          .findFirst()
          .ifPresent(word -> refuse(line, "the %s is empty".formatted(lower(word.paramLabel()))));
    }
  }

  private static void check(CommandLine line, OptionSpec option) {
    String name = option.longestName();
    if (option.arity().max() == 0) {
      return;
    }
    if (isInteger(option)) {
      Number value = option.getValue();
      if (value.longValue() < least(option)) {
        refuse(line, "%s takes %d or more".formatted(name, least(option)));
      }
    } else if (option.type() == Map.class) {
      Map<?, ?> pairs = option.getValue();
      if (pairs.keySet().stream().anyMatch(key -> key.toString().isBlank())) {
        refuse(line, "%s has no key before its =".formatted(name));
      }
    } else if (!mayBeBlank(option) && anyBlank(option.originalStringValues())) {
      refuse(line, "%s is empty; give a value or leave it out".formatted(name));
    }
  }

  private static boolean anyBlank(List<String> values) {
    return values.stream().anyMatch(String::isBlank);
  }

  private static String lower(String label) {
    return label.toLowerCase(Locale.ROOT);
  }

  private static void refuse(CommandLine line, String sentence) {
    throw new ParameterException(line, sentence);
  }
}
