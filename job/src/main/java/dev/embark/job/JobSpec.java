package dev.embark.job;

import dev.embark.engine.EmbedOptions;
import dev.embark.engine.EmbeddingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What a job is to do, as given on its command line: the mixin of {@code embark run} and of {@link
 * EmbedJob}. Uses no class of Spark.
 *
 * <p>Not safe for several threads; picocli fills it, later it is only read.
 */
public final class JobSpec {
  /** The column that the job adds. */
  public static final String EMBEDDING_COLUMN = "embedding";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--input",
      required = true,
      paramLabel = "PATH|TABLE",
      description = "What to read: a path, a glob, any Hadoop URI, or the name of a table.")
  private String input;

  @Option(
      names = "--input-format",
      paramLabel = "FORMAT",
      description =
          "parquet, json, csv, text, table, or another format that this Spark reads."
              + " Default: by the extension; a name without slash or extension is a table.")
  private String inputFormat;

  @Option(
      names = "--input-option",
      paramLabel = "KEY=VALUE",
      description = "Option of Spark's reader, such as multiLine=true; repeatable.")
  private Map<String, String> inputOptions = new LinkedHashMap<>();

  @Option(
      names = "--text-column",
      paramLabel = "COLUMN",
      description = "The column to embed. Default: text; for plain text, value.")
  private String textColumn;

  @Option(
      names = "--id-column",
      paramLabel = "COLUMN",
      description = "The column that names a row where the report tells of rows that failed.")
  private String idColumn;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "PATH",
      description = "Where to write Parquet: the input's columns and embedding.")
  private String output;

  @Option(
      names = "--save-mode",
      paramLabel = "MODE",
      defaultValue = "errorifexists",
      description = "If the output exists: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private SaveBehaviour saveMode;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "A GGUF embedding model: path or URI. Default: the built-in MiniLM.")
  private String model;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Tokens of a text that count. Default: the model's context.")
  private Integer maxTokens;

  @Option(
      names = "--long-text",
      paramLabel = "WAY",
      description = "What to do with longer texts: truncate, chunk or error. Default: truncate.")
  private String longText;

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      description = "Put before each text, such as 'query: '.")
  private String prefix;

  @Option(
      names = "--dimensions",
      paramLabel = "N",
      description = "Keep the first N dimensions and normalise again. Default: all.")
  private Integer dimensions;

  @Option(
      names = "--normalize",
      paramLabel = "NORM",
      description = "l2, none, l1, max or p:<n>. Default: l2.")
  private String normalize;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      description = "A row that fails: PERMISSIVE gives NULL, FAILFAST ends the job.")
  private String mode;

  @Option(
      names = "--option",
      paramLabel = "KEY=VALUE",
      description = "Any other option of embed(), such as batchTokens=4096; repeatable.")
  private Map<String, String> options = new LinkedHashMap<>();

  @Option(names = "--quiet", description = "Show no progress.")
  private boolean quiet;

  @Option(names = "--verbose", description = "Show a stack trace if it fails.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  private boolean help;

  /** Checks what picocli's types cannot; a mistake is a {@link ParameterException}. */
  public void check() {
    require(!input.isBlank(), "--input is empty; give a path or the name of a table");
    require(!output.isBlank(), "--output is empty; give a path");
    for (String key : options.keySet()) {
      require(
          ownOptions().keySet().stream().noneMatch(key::equalsIgnoreCase),
          "the option " + key + " is given twice: by --option and by its own name");
    }
    try {
      EmbedOptions.of(embedOptions());
    } catch (EmbeddingException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  private void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new ParameterException(command.commandLine(), otherwise);
    }
  }

  /** Returns the options of embed() in the spelling of SQL: only those that were given. */
  public Map<String, String> embedOptions() {
    Map<String, String> all = ownOptions();
    all.putAll(options);
    return all;
  }

  private Map<String, String> ownOptions() {
    Map<String, String> own = new LinkedHashMap<>();
    putIfGiven(own, "model", model == null ? null : absoluteIfFile(model));
    putIfGiven(own, "maxTokens", maxTokens);
    putIfGiven(own, "longText", longText);
    putIfGiven(own, "prefix", prefix);
    putIfGiven(own, "dimensions", dimensions);
    putIfGiven(own, "normalize", normalize);
    putIfGiven(own, "mode", mode);
    return own;
  }

  /** An executor has another working directory than the user who wrote the path. */
  private static String absoluteIfFile(String model) {
    boolean relative = !model.startsWith("/") && !model.matches("[A-Za-z][A-Za-z0-9+.-]*:.*");
    return relative && Files.exists(Path.of(model))
        ? Path.of(model).toAbsolutePath().normalize().toString()
        : model;
  }

  private static void putIfGiven(Map<String, String> map, String key, Object value) {
    if (value != null) {
      map.put(key, value.toString());
    }
  }

  /** Returns the arguments that make an equal spec, to hand on to {@link EmbedJob}. */
  public List<String> toArguments() {
    Map<String, String> single = new LinkedHashMap<>();
    putIfGiven(single, "--input", input);
    putIfGiven(single, "--input-format", inputFormat);
    putIfGiven(single, "--text-column", textColumn);
    putIfGiven(single, "--id-column", idColumn);
    putIfGiven(single, "--output", output);
    putIfGiven(single, "--save-mode", saveMode);
    List<String> arguments = new ArrayList<>();
    // One word each: a value may begin with a dash.
    single.forEach((name, value) -> arguments.add(name + "=" + value));
    inputOptions.forEach((key, value) -> arguments.add("--input-option=" + key + "=" + value));
    embedOptions().forEach((key, value) -> arguments.add("--option=" + key + "=" + value));
    if (quiet) {
      arguments.add("--quiet");
    }
    if (verbose) {
      arguments.add("--verbose");
    }
    return arguments;
  }

  /** Returns the path or table to read. */
  public String input() {
    return input;
  }

  /** Returns the format that was asked for, if any. */
  public Optional<String> inputFormat() {
    return Optional.ofNullable(inputFormat);
  }

  /** Returns the options for Spark's reader. */
  public Map<String, String> inputOptions() {
    return inputOptions;
  }

  /** Returns the column to embed, if one was named. */
  public Optional<String> textColumn() {
    return Optional.ofNullable(textColumn);
  }

  /** Returns the column that names a row, if there is one. */
  public Optional<String> idColumn() {
    return Optional.ofNullable(idColumn);
  }

  /** Returns the path to write to. */
  public String output() {
    return output;
  }

  /** Returns what to do with an output that exists. */
  public SaveBehaviour saveMode() {
    return saveMode;
  }

  /** Returns whether to show no progress. */
  public boolean quiet() {
    return quiet;
  }
}
