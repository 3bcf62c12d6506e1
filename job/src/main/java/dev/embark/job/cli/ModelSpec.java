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
 * Command-line options for describing a model: the mixin of {@code embark model} and {@link
 * ModelInspector}. Uses no Spark class.
 */
public final class ModelSpec {
  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      description =
          "Path or URI of an embedding model, a GGUF file or a model folder. Default: the"
              + " built-in MiniLM.")
  private String model;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Option(names = "--verbose", description = "Show a stack trace if the command fails.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  /**
   * Returns command-line arguments equivalent to this spec, to be passed to {@link ModelInspector}.
   */
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

  /** Returns the {@code embed()} options that select the model. */
  public EmbedOptions options() {
    return model == null
        ? EmbedOptions.defaults()
        : EmbedOptions.of(Map.of(EmbedOption.MODEL.key(), model));
  }

  public boolean json() {
    return json;
  }
}
