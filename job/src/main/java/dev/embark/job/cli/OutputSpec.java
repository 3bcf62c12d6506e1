package dev.embark.job.cli;

import static dev.embark.job.cli.Arguments.addIf;
import static dev.embark.job.cli.Arguments.addIfGiven;
import static dev.embark.job.cli.Arguments.require;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/**
 * Command-line options for the output of a job: a mixin of {@link JobSpec}. Uses no Spark class.
 */
@HelpSection(HelpSection.DATA)
public final class OutputSpec {
  /** Storage format of an output. */
  public enum Format {
    PARQUET,
    ORC,
    JSON,
    DELTA,
    ICEBERG;

    /** Returns whether the format is a table format, which supports replacing rows. */
    public boolean isTable() {
      return this == DELTA || this == ICEBERG;
    }

    /** Returns the name used by the command line and by Spark. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Behaviour for an existing output whose results have a different model or options. */
  public enum NewFingerprint {
    /** Replace the whole output. */
    OVERWRITE,
    /** Keep the existing results and write the new ones to a separate column. */
    ADD_COLUMN;

    /** Returns the name used by the command line. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Option(
      names = "--output",
      required = true,
      paramLabel = "PATH|TABLE",
      description =
          "Where to write the input's columns and the result: a path or, with delta or iceberg,"
              + " also a table name.")
  private String output;

  @Option(
      names = "--output-format",
      paramLabel = "FORMAT",
      defaultValue = "parquet",
      description = "parquet, orc, json, delta or iceberg. Default: ${DEFAULT-VALUE}.")
  private Format format;

  @Option(
      names = "--output-option",
      paramLabel = "KEY=VALUE",
      description = "Option of Spark's writer, such as compression=zstd; repeatable.")
  private Map<String, String> options = new LinkedHashMap<>();

  @Option(
      names = "--partition-by",
      paramLabel = "COLUMNS",
      split = ",",
      description = "Comma-separated columns whose values become folders of the output.")
  private List<String> partitionBy = new ArrayList<>();

  @Option(
      names = "--repartition",
      paramLabel = "N",
      description =
          "Number of tasks that compute a wave, and of files it becomes. Default: based on the"
              + " number of cores.")
  private Integer repartition;

  @Option(
      names = "--save-mode",
      paramLabel = "MODE",
      defaultValue = "errorifexists",
      description =
          "What to do if the output exists: ${COMPLETION-CANDIDATES}. append with --id-column"
              + " processes only new rows and rows with changed texts. Default: ${DEFAULT-VALUE}.")
  private ExistingOutput saveMode;

  @Option(
      names = "--incremental",
      description =
          "With --save-mode append, read only what changed in the input since the last run: files"
              + " of another size or time, or the changes that a Delta or Iceberg table records."
              + " Compares all rows if there is no record, and says so.")
  private boolean incremental;

  @Option(
      names = "--compare-columns",
      paramLabel = "COLUMNS",
      split = ",",
      description =
          "With --save-mode append, also update rows that have the same text but another value in"
              + " one of these comma-separated columns; their results are kept.")
  private List<String> compareColumns = new ArrayList<>();

  @Option(
      names = {"--embedding-column", "--answer-column"},
      paramLabel = "COLUMN",
      description =
          "Name of the column that the job adds. Default: embedding or, with --function generate,"
              + " answer.")
  private String resultColumn;

  @Option(
      names = "--new-fingerprint",
      paramLabel = "WAY",
      converter = NewFingerprintConverter.class,
      description =
          "What to do if the output has results of another model or option: overwrite the output,"
              + " or add-column to write the new results to another --embedding-column. Default:"
              + " refuse.")
  private NewFingerprint newFingerprint;

  @Option(
      names = "--accept-vector-version",
      description =
          "Append to an output whose results an Embark of another vector version computed; the"
              + " refusal names the measured difference.")
  private boolean acceptVectorVersion;

  static final class NewFingerprintConverter
      implements picocli.CommandLine.ITypeConverter<NewFingerprint> {
    @Override
    public NewFingerprint convert(String value) {
      for (NewFingerprint way : NewFingerprint.values()) {
        if (way.toString().equalsIgnoreCase(value)) {
          return way;
        }
      }
      throw new picocli.CommandLine.TypeConversionException(
          "expected overwrite or add-column but was '" + value + "'");
    }
  }

  /**
   * Validates constraints that picocli's types cannot express.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  void check() {
    require(
        format != Format.ICEBERG || InputFormat.isTableName(output),
        "with --output-format iceberg, --output is the name of a table, such as"
            + " catalog.db.vectors");
    require(
        newFingerprint != NewFingerprint.ADD_COLUMN || format.isTable(),
        "--new-fingerprint add-column takes --output-format delta or iceberg; files cannot be"
            + " changed, so write to another --output");
    require(
        !incremental || saveMode == ExistingOutput.APPEND,
        "--incremental adds to an output; set --save-mode append");
    require(
        compareColumns.isEmpty() || saveMode == ExistingOutput.APPEND,
        "--compare-columns updates rows of an output; set --save-mode append");
  }

  /** Returns command-line arguments equivalent to this spec. */
  List<String> toArguments() {
    List<String> arguments = new ArrayList<>();
    arguments.add("--output=" + output);
    arguments.add("--output-format=" + format);
    options.forEach((key, value) -> arguments.add("--output-option=" + key + "=" + value));
    if (!partitionBy.isEmpty()) {
      arguments.add("--partition-by=" + String.join(",", partitionBy));
    }
    addIfGiven(arguments, "--repartition", repartition);
    arguments.add("--save-mode=" + saveMode);
    addIf(arguments, "--incremental", incremental);
    if (!compareColumns.isEmpty()) {
      arguments.add("--compare-columns=" + String.join(",", compareColumns));
    }
    addIfGiven(arguments, "--embedding-column", resultColumn);
    addIfGiven(arguments, "--new-fingerprint", newFingerprint);
    addIf(arguments, "--accept-vector-version", acceptVectorVersion);
    return arguments;
  }

  /** Returns the path or table of the output. */
  public String output() {
    return output;
  }

  public Format format() {
    return format;
  }

  /** Returns whether the output is a catalog table rather than a path. */
  public boolean isTableName() {
    return format.isTable() && InputFormat.isTableName(output);
  }

  /** Returns the options for Spark's writer. */
  public Map<String, String> options() {
    return options;
  }

  /** Returns the partition columns; may be empty. */
  public List<String> partitionBy() {
    return partitionBy;
  }

  /** Returns the number of tasks and files per wave, if one was given. */
  public OptionalInt repartition() {
    return repartition == null ? OptionalInt.empty() : OptionalInt.of(repartition);
  }

  /** Returns the behaviour for an existing output. */
  public ExistingOutput saveMode() {
    return saveMode;
  }

  /** Returns whether only the changes of the input since the last run are read. */
  public boolean isIncremental() {
    return incremental;
  }

  /** Returns the columns whose change updates a row with the same text; may be empty. */
  public List<String> compareColumns() {
    return compareColumns;
  }

  /** Returns whether a run may replace an existing output. */
  public boolean mayReplace() {
    return saveMode == ExistingOutput.OVERWRITE || newFingerprint == NewFingerprint.OVERWRITE;
  }

  /** Returns the name of the result column, if one was given. */
  Optional<String> resultColumn() {
    return Optional.ofNullable(resultColumn);
  }

  /** Returns whether results of another vector version may be mixed with new ones. */
  public boolean acceptsVectorVersion() {
    return acceptVectorVersion;
  }

  /** Returns the behaviour for results with a different fingerprint; empty means the run fails. */
  public Optional<NewFingerprint> newFingerprint() {
    return Optional.ofNullable(newFingerprint);
  }
}
