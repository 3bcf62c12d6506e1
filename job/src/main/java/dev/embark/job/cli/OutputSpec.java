package dev.embark.job.cli;

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

/** Where a job writes to, and how: a mixin of {@link JobSpec}. Uses no class of Spark. */
@HelpSection(HelpSection.DATA)
public final class OutputSpec {
  /** What an output is made of. */
  public enum Format {
    PARQUET,
    ORC,
    JSON,
    DELTA,
    ICEBERG;

    /** Whether it is a table that can replace rows. */
    public boolean isTable() {
      return this == DELTA || this == ICEBERG;
    }

    /** Returns the name as written on the command line, which is also Spark's. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What to do with an output that has results of another model or option. */
  public enum NewFingerprint {
    /** Replace all of it. */
    OVERWRITE,
    /** Keep it and put the new results into a column of their own. */
    ADD_COLUMN;

    /** Returns the name as written on the command line. */
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
   * Checks what picocli's types cannot.
   *
   * @throws IllegalArgumentException with a sentence for the user
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
  }

  /** Returns the arguments that make an equal spec. */
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
    addIfGiven(arguments, "--embedding-column", resultColumn);
    addIfGiven(arguments, "--new-fingerprint", newFingerprint);
    return arguments;
  }

  /** Returns the path or table to write to. */
  public String output() {
    return output;
  }

  /** Returns the output's format. */
  public Format format() {
    return format;
  }

  /** Whether the output is a table in a catalog, not a path. */
  public boolean isTableName() {
    return format.isTable() && InputFormat.isTableName(output);
  }

  /** Returns the options for Spark's writer. */
  public Map<String, String> options() {
    return options;
  }

  /** Returns the columns that become folders; may be empty. */
  public List<String> partitionBy() {
    return partitionBy;
  }

  /** Returns how many tasks embed a wave, if that was said. */
  public OptionalInt repartition() {
    return repartition == null ? OptionalInt.empty() : OptionalInt.of(repartition);
  }

  /** Returns what to do with an output that exists. */
  public ExistingOutput saveMode() {
    return saveMode;
  }

  /** Whether a run may replace all of an output that exists. */
  public boolean mayReplace() {
    return saveMode == ExistingOutput.OVERWRITE || newFingerprint == NewFingerprint.OVERWRITE;
  }

  /** Returns the column that the job adds, if it was named. */
  Optional<String> resultColumn() {
    return Optional.ofNullable(resultColumn);
  }

  /** Returns what to do with results of another fingerprint; empty to refuse. */
  public Optional<NewFingerprint> newFingerprint() {
    return Optional.ofNullable(newFingerprint);
  }
}
