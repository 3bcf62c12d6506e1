package dev.embark.job.cli;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.OptionSpec;

/** Groups the options in a command's help by {@link HelpSection}, in a fixed order. */
final class GroupedHelp {
  private static final List<String> ORDER =
      List.of(HelpSection.DATA, HelpSection.RUN, HelpSection.FUNCTION, HelpSection.SHOWN);

  private GroupedHelp() {}

  /**
   * Returns the formatted option list, or picocli's default list for a command without sections.
   */
  static String options(Help help) {
    Map<String, List<OptionSpec>> parts = new LinkedHashMap<>();
    ORDER.forEach(heading -> parts.put(heading, new ArrayList<>()));
    List<OptionSpec> others = new ArrayList<>();
    for (OptionSpec option : help.commandSpec().options()) {
      if (option.group() == null && !option.hidden()) {
        parts.getOrDefault(heading(option), others).add(option);
      }
    }
    if (parts.values().stream().allMatch(List::isEmpty)) {
      return help.optionList();
    }
    StringBuilder list = new StringBuilder(layout(help, others));
    parts.forEach(
        (heading, options) -> {
          if (!options.isEmpty()) {
            list.append("%n%s%n".formatted(heading)).append(layout(help, options));
          }
        });
    return list.append(help.optionListGroupSections()).toString();
  }

  private static String heading(OptionSpec option) {
    if (!(option.userObject() instanceof Field field)) {
      return "";
    }
    HelpSection own = field.getAnnotation(HelpSection.class);
    HelpSection all = field.getDeclaringClass().getAnnotation(HelpSection.class);
    return own != null ? own.value() : all != null ? all.value() : "";
  }

  private static String layout(Help help, List<OptionSpec> options) {
    if (options.isEmpty()) {
      return "";
    }
    Help.Layout layout = help.createDefaultLayout();
    layout.addOptions(options, help.createDefaultParamLabelRenderer());
    return layout.toString();
  }
}
