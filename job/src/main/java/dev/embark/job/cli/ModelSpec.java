package dev.embark.job.cli;

import dev.embark.engine.options.EmbedOption;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.job.ModelInspector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Which model to describe, and how: the mixin of {@code embark model} and of {@link
 * ModelInspector}. Uses no class of Spark.
 */
public final class ModelSpec {
  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      description = "Path or URI of a GGUF embedding model. Default: the built-in MiniLM.")
  private String model;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(names = "--verbose", description = "Show a stack trace if the command fails.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** Returns the arguments that make an equal spec, to hand on to {@link ModelInspector}. */
  public List<String> toArguments() {
    List<String> arguments = new ArrayList<>();
    if (json) {
      arguments.add("--json");
    }
    if (verbose) {
      arguments.add("--verbose");
    }
    if (model != null) {
      // A path may begin with a dash.
      arguments.addAll(List.of("--", model));
    }
    return arguments;
  }

  /** Returns the options of embed() that name the model. */
  public EmbedOptions options() {
    return model == null
        ? EmbedOptions.defaults()
        : EmbedOptions.of(Map.of(EmbedOption.MODEL.key(), model));
  }

  /** Whether to print JSON. */
  public boolean json() {
    return json;
  }
}
