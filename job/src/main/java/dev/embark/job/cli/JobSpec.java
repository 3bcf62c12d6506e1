package dev.embark.job.cli;

import static dev.embark.job.cli.Arguments.addIf;
import static dev.embark.job.cli.Arguments.addIfGiven;
import static dev.embark.job.cli.Arguments.require;

import dev.embark.job.EmbedJob;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Complete command-line specification of a job: the mixin of {@code embark run} and {@link
 * EmbedJob}. Uses no Spark class.
 *
 * <p>Not thread-safe: picocli writes its fields, after which it is only read.
 */
@HelpSection(HelpSection.SHOWN)
public final class JobSpec {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Mixin private InputSpec input;

  @Mixin private OutputSpec output;

  @HelpSection(HelpSection.RUN)
  @Option(
      names = "--rows-per-wave",
      paramLabel = "N",
      description =
          "Maximum number of rows that are committed together; a crash loses at most the work of"
              + " one wave. Default: as many as take about four minutes, found while running.")
  private Long rowsPerWave;

  @HelpSection(HelpSection.RUN)
  @Option(
      names = "--dedupe",
      description = "Compute each distinct text of the whole input once; shuffles the input.")
  private boolean dedupe;

  @HelpSection(HelpSection.RUN)
  @Option(
      names = "--max-failed",
      paramLabel = "N|P%",
      description =
          "Stop after the wave in which more than this number, or percentage, of rows have"
              + " failed.")
  private String maxFailed;

  @HelpSection(HelpSection.RUN)
  @Option(
      names = "--retry-quarantined",
      description =
          "Also retry rows of the output that failed before; may change --long-text and, for"
              + " embeddings, --max-tokens and chunkOverlap. Requires --id-column.")
  private boolean retryQuarantined;

  @HelpSection(HelpSection.RUN)
  @Option(
      names = "--quarantine-text",
      description = "Also store the text of failed rows in the quarantine.")
  private boolean quarantineText;

  @HelpSection(HelpSection.RUN)
  @Option(
      names = "--price-per-core-hour",
      paramLabel = "PRICE",
      description =
          "Price of a core for an hour in any currency, such as 0.05, from which the dry run and"
              + " the report compute the cost: cores times wall time.")
  private Double pricePerCoreHour;

  @Mixin private FunctionSpec function;

  @HelpSection(HelpSection.RUN)
  @Option(
      names = "--dry-run",
      description =
          "Check everything, sample 1,000 rows, and estimate tokens, time and size of the output;"
              + " write nothing.")
  private boolean dryRun;

  @Option(
      names = "--progress",
      paramLabel = "HOW",
      defaultValue = "auto",
      description =
          "How to show progress on standard error: ${COMPLETION-CANDIDATES}. auto redraws one line"
              + " at a terminal and is plain elsewhere; json prints one object per line. Default:"
              + " ${DEFAULT-VALUE}.")
  private ProgressMode progress;

  @Option(names = "--quiet", description = "Show no progress; the same as --progress none.")
  private boolean quiet;

  @Option(names = "--verbose", description = "Show a stack trace if the run fails.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  @SuppressWarnings("unused") // picocli acts on it
  private boolean help;

  /**
   * Validates constraints that picocli's types cannot express.
   *
   * @throws ParameterException if the specification is invalid
   */
  public void check() {
    try {
      input.check();
      require(
          idColumn().isPresent() || !retryQuarantined,
          "--retry-quarantined finds rows by their id; give --id-column");
      require(
          idColumn().isPresent()
              || !output.newFingerprint().equals(Optional.of(OutputSpec.NewFingerprint.ADD_COLUMN)),
          "--new-fingerprint add-column finds rows by their id; give --id-column");
      require(
          idColumn().isPresent() || !output.isIncremental(),
          "--incremental finds rows by their id; give --id-column");
      require(
          idColumn().isPresent() || output.compareColumns().isEmpty(),
          "--compare-columns finds rows by their id; give --id-column");
      require(
          pricePerCoreHour == null || (pricePerCoreHour >= 0 && pricePerCoreHour < 1e9),
          "--price-per-core-hour is a price such as 0.05, not " + pricePerCoreHour);
      require(
          !explodesChunks() || output.compareColumns().isEmpty(),
          "--compare-columns keeps the result of a row, but --explode-chunks writes several rows of"
              + " a text; leave one of them out");
      require(
          !explodesChunks()
              || !output.newFingerprint().equals(Optional.of(OutputSpec.NewFingerprint.ADD_COLUMN)),
          "--new-fingerprint add-column adds a column to the rows of an output, but other chunks"
              + " are other rows; write to another --output");
      FailureLimit.parse(maxFailed);
      output.check();
      function.check();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command.commandLine(), e.getMessage(), e);
    }
  }

  /** Returns the function applied to each text. */
  public JobFunction function() {
    return function.function();
  }

  /** Returns whether the output has a row for each chunk of a text, not one for each text. */
  public boolean explodesChunks() {
    return function.explodesChunks();
  }

  /** Returns the function's options that were given, keyed by their SQL names. */
  public Map<String, String> functionOptions() {
    return function.toMap();
  }

  /** Returns the name of the result column. */
  public String resultColumn() {
    return output.resultColumn().orElse(function().result());
  }

  /** Returns command-line arguments equivalent to this spec, to be passed to {@link EmbedJob}. */
  public List<String> toArguments() {
    List<String> arguments = input.toArguments();
    arguments.addAll(output.toArguments());
    arguments.addAll(function.toArguments());
    addIfGiven(arguments, "--rows-per-wave", rowsPerWave);
    addIfGiven(arguments, "--max-failed", maxFailed);
    addIfGiven(arguments, "--price-per-core-hour", pricePerCoreHour);
    addIf(arguments, "--dedupe", dedupe);
    addIf(arguments, "--retry-quarantined", retryQuarantined);
    addIf(arguments, "--quarantine-text", quarantineText);
    addIf(arguments, "--dry-run", dryRun);
    arguments.add("--progress=" + progress);
    addIf(arguments, "--quiet", quiet);
    addIf(arguments, "--verbose", verbose);
    return arguments;
  }

  /** Returns the name of the input for messages: its path or table, or "the query". */
  public String input() {
    return input.name();
  }

  /** Returns the text column, if one was given. */
  public Optional<String> textColumn() {
    return input.textColumn();
  }

  /** Returns the column that identifies a row, if one was given. */
  public Optional<String> idColumn() {
    return input.idColumn();
  }

  public InputSpec inputSpec() {
    return input;
  }

  /** Returns the path or table of the output. */
  public String output() {
    return output.output();
  }

  public OutputSpec outputSpec() {
    return output;
  }

  /** Returns the maximum number of rows in a wave, if one was given. */
  public OptionalLong rowsPerWave() {
    return rowsPerWave == null ? OptionalLong.empty() : OptionalLong.of(rowsPerWave);
  }

  /** Returns whether each distinct text is processed only once. */
  public boolean dedupe() {
    return dedupe;
  }

  /** Returns the maximum number of failed rows. */
  public FailureLimit maxFailed() {
    return FailureLimit.parse(maxFailed);
  }

  /** Returns the price of a core for an hour, if one was given. */
  public OptionalDouble pricePerCoreHour() {
    return pricePerCoreHour == null ? OptionalDouble.empty() : OptionalDouble.of(pricePerCoreHour);
  }

  /** Returns whether rows that failed in earlier runs are retried. */
  public boolean retryQuarantined() {
    return retryQuarantined;
  }

  /** Returns whether the quarantine stores the text of failed rows. */
  public boolean quarantineText() {
    return quarantineText;
  }

  /** Returns whether this is a dry run, which writes nothing. */
  public boolean dryRun() {
    return dryRun;
  }

  /** Returns the progress mode; {@code --quiet} overrides {@code --progress}. */
  public ProgressMode progress() {
    return quiet ? ProgressMode.NONE : progress;
  }
}
