package dev.embark.job;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Mixin;
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
@HelpHeading(HelpHeading.SHOWN)
public final class JobSpec {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @HelpHeading(HelpHeading.DATA)
  @Option(
      names = "--input",
      paramLabel = "PATH|TABLE",
      description = "What to read: a path, a glob, any Hadoop URI, or the name of a table.")
  private String input;

  @HelpHeading(HelpHeading.DATA)
  @Option(
      names = "--query",
      paramLabel = "SQL",
      description = "What to read, as a SELECT; instead of --input.")
  private String query;

  @HelpHeading(HelpHeading.DATA)
  @Option(
      names = "--input-format",
      paramLabel = "FORMAT",
      description =
          "parquet, orc, json, csv, text, table, or another format that this Spark reads."
              + " Default: by the extension; a name without slash or extension is a table.")
  private String inputFormat;

  @HelpHeading(HelpHeading.DATA)
  @Option(
      names = "--input-option",
      paramLabel = "KEY=VALUE",
      description = "Option of Spark's reader, such as multiLine=true; repeatable.")
  private Map<String, String> inputOptions = new LinkedHashMap<>();

  @HelpHeading(HelpHeading.DATA)
  @Option(
      names = "--text-column",
      paramLabel = "COLUMN",
      description = "The column of texts, or of prompts. Default: text; for plain text, value.")
  private String textColumn;

  @HelpHeading(HelpHeading.DATA)
  @Option(
      names = "--id-column",
      paramLabel = "COLUMN",
      description =
          "The column that names a row, in --save-mode append and in the quarantine;"
              + " unique and without NULL.")
  private String idColumn;

  @Mixin private OutputSpec output;

  @HelpHeading(HelpHeading.RUN)
  @Option(
      names = "--rows-per-wave",
      paramLabel = "N",
      description =
          "Rows that are committed together, at most; what a crash can cost."
              + " Default: 20000 for each core, 500 with --task generate.")
  private Long rowsPerWave;

  @HelpHeading(HelpHeading.RUN)
  @Option(
      names = "--dedupe",
      description = "Compute each distinct text once over the whole input; shuffles the input.")
  private boolean dedupe;

  @HelpHeading(HelpHeading.RUN)
  @Option(
      names = "--max-failed",
      paramLabel = "N|P%",
      description =
          "Stop after the wave in which more rows than that have failed, or more percent.")
  private String maxFailed;

  @HelpHeading(HelpHeading.RUN)
  @Option(
      names = "--retry-quarantined",
      description =
          "Also take rows of the output that failed before; may change --long-text and, of"
              + " embeddings, --max-tokens and chunkOverlap. Takes --id-column.")
  private boolean retryQuarantined;

  @HelpHeading(HelpHeading.RUN)
  @Option(
      names = "--quarantine-text",
      description = "Keep the text of rows that fail in the quarantine, too.")
  private boolean quarantineText;

  @Mixin private TaskSpec task;

  @HelpHeading(HelpHeading.RUN)
  @Option(
      names = "--dry-run",
      description =
          "Check everything, look at 1,000 rows, and estimate tokens, time and size of the output;"
              + " write nothing.")
  private boolean dryRun;

  @Option(
      names = "--progress",
      paramLabel = "HOW",
      defaultValue = "auto",
      description =
          "${COMPLETION-CANDIDATES}: on standard error. auto draws over one line at a terminal and"
              + " is plain elsewhere; json is an object a line. Default: ${DEFAULT-VALUE}.")
  private ProgressMode progress;

  @Option(names = "--quiet", description = "Show no progress: --progress none.")
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
    try {
      require(
          (input == null) != (query == null),
          input == null
              ? "give --input, a path or table, or --query"
              : "--input and --query are both given; give one of them");
      require(input == null || !input.isBlank(), "--input is empty; give a path or a table");
      require(query == null || !query.isBlank(), "--query is empty; give a SELECT");
      require(rowsPerWave == null || rowsPerWave > 0, "--rows-per-wave takes 1 or more");
      require(
          idColumn != null || !retryQuarantined,
          "--retry-quarantined finds rows by their id; give --id-column");
      require(
          idColumn != null
              || !output.newFingerprint().equals(Optional.of(OutputSpec.NewFingerprint.ADD_COLUMN)),
          "--new-fingerprint add-column finds rows by their id; give --id-column");
      FailureLimit.parse(maxFailed);
      output.check();
      task.check();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** Returns what is computed for each text. */
  public JobTask task() {
    return task.task();
  }

  /** Returns the task's options in the spelling of SQL: only those that were given. */
  public Map<String, String> taskOptions() {
    return task.toMap();
  }

  /** Returns the column that the job adds. */
  public String resultColumn() {
    return output.resultColumn().orElse(task().result());
  }

  /** Returns the arguments that make an equal spec, to hand on to {@link EmbedJob}. */
  public List<String> toArguments() {
    List<String> arguments = inputArguments();
    arguments.addAll(output.toArguments());
    arguments.addAll(task.toArguments());
    addIfGiven(arguments, "--rows-per-wave", rowsPerWave);
    addIfGiven(arguments, "--max-failed", maxFailed);
    addIf(arguments, "--dedupe", dedupe);
    addIf(arguments, "--retry-quarantined", retryQuarantined);
    addIf(arguments, "--quarantine-text", quarantineText);
    addIf(arguments, "--dry-run", dryRun);
    arguments.add("--progress=" + progress);
    addIf(arguments, "--quiet", quiet);
    addIf(arguments, "--verbose", verbose);
    return arguments;
  }

  /**
   * Returns the arguments that say what is read; one word each, as a value may begin with a dash.
   */
  List<String> inputArguments() {
    List<String> arguments = new ArrayList<>();
    addIfGiven(arguments, "--input", input);
    addIfGiven(arguments, "--query", query);
    addIfGiven(arguments, "--input-format", inputFormat);
    addIfGiven(arguments, "--text-column", textColumn);
    addIfGiven(arguments, "--id-column", idColumn);
    inputOptions.forEach((key, value) -> arguments.add("--input-option=" + key + "=" + value));
    return arguments;
  }

  private static void addIfGiven(List<String> arguments, String name, Object value) {
    if (value != null) {
      arguments.add(name + "=" + value);
    }
  }

  private static void addIf(List<String> arguments, String name, boolean given) {
    if (given) {
      arguments.add(name);
    }
  }

  /** Returns the path or table to read, or the query, as messages name it. */
  public String input() {
    return input == null ? "the query" : input;
  }

  /** Returns the query to read, if it is one. */
  public Optional<String> query() {
    return Optional.ofNullable(query);
  }

  /** Returns the format that was asked for, if any. */
  public Optional<String> inputFormat() {
    return Optional.ofNullable(inputFormat);
  }

  /** Returns the options for Spark's reader. */
  public Map<String, String> inputOptions() {
    return inputOptions;
  }

  /** Returns the column of texts, if one was named. */
  public Optional<String> textColumn() {
    return Optional.ofNullable(textColumn);
  }

  /** Returns the column that names a row, if there is one. */
  public Optional<String> idColumn() {
    return Optional.ofNullable(idColumn);
  }

  /** Returns the path or table to write to. */
  public String output() {
    return output.output();
  }

  /** Returns how to write. */
  public OutputSpec outputSpec() {
    return output;
  }

  /** Returns the most rows of a wave, if that was said. */
  public OptionalLong rowsPerWave() {
    return rowsPerWave == null ? OptionalLong.empty() : OptionalLong.of(rowsPerWave);
  }

  /** Whether each distinct text is computed once. */
  public boolean dedupe() {
    return dedupe;
  }

  /** Returns how many rows may fail. */
  public FailureLimit maxFailed() {
    return FailureLimit.parse(maxFailed);
  }

  /** Whether rows that failed before are tried again. */
  public boolean retryQuarantined() {
    return retryQuarantined;
  }

  /** Whether the quarantine keeps texts. */
  public boolean quarantineText() {
    return quarantineText;
  }

  /** Whether only to estimate. */
  public boolean dryRun() {
    return dryRun;
  }

  /** Returns how to show progress. */
  public ProgressMode progress() {
    return quiet ? ProgressMode.NONE : progress;
  }
}
