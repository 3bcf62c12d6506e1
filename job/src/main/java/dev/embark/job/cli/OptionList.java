package dev.embark.job.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Machine-readable list of a command's options, one per line. Scripts that build before starting
 * Java validate their arguments against such a list to reject errors before the build. Tests keep
 * the lists in sync with the commands.
 *
 * <pre>
 *  run --rows-per-wave count
 *  run --output text required
 *  run arguments 0 0
 * </pre>
 */
public final class OptionList {
  private OptionList() {}

  /**
   * Returns the sorted lines of a command, without the hidden required options that scripts add.
   */
  public static List<String> of(String name, CommandLine command) {
    List<String> lines = new ArrayList<>();
    for (OptionSpec option : command.getCommandSpec().options()) {
      if (!option.hidden() || !option.required()) {
        String required = option.required() ? " required" : "";
        for (String spelling : option.names()) {
          lines.add("%s %s %s%s".formatted(name, spelling, value(option), required));
        }
      }
    }
    List<PositionalParamSpec> words = command.getCommandSpec().positionalParameters();
    int least = words.stream().mapToInt(word -> word.arity().min()).sum();
    int most = words.stream().mapToInt(word -> word.arity().max()).sum();
    lines.add("%s arguments %d %d".formatted(name, least, most));
    return lines.stream().sorted().toList();
  }

  private static String value(OptionSpec option) {
    Class<?> type = option.type();
    if (option.arity().max() == 0) {
      return "none";
    }
    if (type == Map.class) {
      return "key=value";
    }
    if (GivenValues.isInteger(option)) {
      return GivenValues.least(option) == 0 ? "integer" : "count";
    }
    if (type == Double.class || type == double.class) {
      return "number";
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(Object::toString)
          .collect(Collectors.joining("|"));
    }
    if (type == List.class && option.completionCandidates() != null) {
      return "some-of:" + String.join("|", option.completionCandidates());
    }
    return GivenValues.mayBeBlank(option) ? "any" : "text";
  }
}
