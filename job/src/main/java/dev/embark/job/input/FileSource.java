package dev.embark.job.input;

import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.when;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.InputFormat;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Paths;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Reads an input that is a path or a glob: files, or a table by its folder. */
final class FileSource {
  private static final String BYTE_ORDER_MARK = "\ufeff";

  private final SparkSession spark;
  private final JobSpec spec;
  private final String output;

  /**
   * @param output where the run writes to, absolute; must not be the input
   */
  FileSource(SparkSession spark, JobSpec spec, String output) {
    this.spark = spark;
    this.spec = spec;
    this.output = output;
  }

  /**
   * Returns the format of an input that none was given for.
   *
   * @throws UserError if the input has only some of the files of a table
   */
  String guessFormat() {
    String input = spec.input();
    if (InputFormat.isTableName(input)) {
      return InputFormat.TABLE;
    }
    List<String> matches = Paths.matches(spark, input);
    Optional<TableFolder> table =
        TableFolder.among(spark, matches.stream().map(Path::new).toList());
    if (table.isPresent()) {
      if (table.get().isReadableBy(matches) && Paths.exists(spark, input)) {
        return table.get().format();
      }
      throw table.get().refused(input);
    }
    return InputFormat.ofExtension(input)
        .or(() -> Paths.anyDataFileIn(spark, input).flatMap(InputFormat::ofExtension))
        .orElse(InputFormat.PARQUET);
  }

  /**
   * Reads.
   *
   * @param warnings to add to
   * @throws UserError if there is nothing that can be read
   */
  Dataset<Row> read(String format, Map<String, String> options, List<String> warnings) {
    String path = spec.input();
    refuseOverlap(path);
    if (!Paths.matchesAnything(spark, path)) {
      throw new UserError("There is nothing at %s; check --input".formatted(path));
    }
    if (format.equals(TableFolder.ICEBERG)) {
      TableFolder.setIcebergCatalog(spark);
    }
    try {
      Dataset<Row> rows = spark.read().format(format).options(options).load(path);
      lookForTables(rows, format, warnings);
      return format.equals(InputFormat.TEXT) ? withoutMark(rows) : rows;
    } catch (UserError e) {
      throw e;
    } catch (Exception e) {
      String hint =
          TableFolder.among(spark, List.of(new Path(Paths.qualified(spark, path))))
              .filter(table -> table.format().equals(format))
              .map(TableFolder::hint)
              .orElse("check --input and --input-format");
      throw new UserError(
          "Cannot read %s as %s; %s (%s)".formatted(path, format, hint, Failures.sentence(e)), e);
    }
  }

  /** Tables below an input, and those whose files the user wants to be read as they are. */
  private void lookForTables(Dataset<Row> rows, String format, List<String> warnings) {
    if (!InputFormat.isOfFiles(format)) {
      return;
    }
    Optional<TableFolder> table = TableFolder.among(spark, Paths.files(rows));
    if (table.isPresent() && spec.inputSpec().format().isEmpty()) {
      throw table.get().refused(spec.input());
    }
    table.ifPresent(there -> warnings.add(there.warning(format)));
  }

  /** Where Spark keeps the byte order mark of a file, as in one that is a text as a whole. */
  private static Dataset<Row> withoutMark(Dataset<Row> rows) {
    Column value = Columns.quoted("value");
    return rows.withColumn(
        "value",
        when(value.startsWith(BYTE_ORDER_MARK), substring(value, 2, Integer.MAX_VALUE))
            .otherwise(value));
  }

  /** Reads CSV as RFC 4180 has it, where a quoted text may hold quotes and line ends. */
  Map<String, String> defaults(String format) {
    Map<String, String> options = new TreeMap<>(String.CASE_INSENSITIVE_ORDER); // as to Spark
    if (format.equals(InputFormat.CSV)) {
      options.put("header", "true");
      options.put("escape", "\"");
      options.put("multiLine", "true");
      if (InputFormat.isTabSeparated(spec.input())) {
        options.put("sep", "\t");
      }
    }
    return options;
  }

  /** A run would read its own rows, or replace its input. */
  private void refuseOverlap(String path) {
    if (spec.outputSpec().isTableName()) {
      return;
    }
    String input = Paths.qualified(spark, path);
    String place = Paths.resolved(spark, output);
    if (Paths.resolved(spark, path).equals(place)) {
      throw new UserError(
          "--input and --output are both %s; write to another place".formatted(input));
    }
    boolean overlaps =
        Paths.matches(spark, path).stream().anyMatch(match -> Paths.leads(spark, match, place));
    // What is not there yet, a glob would match next time.
    String file = "/part-0." + spec.outputSpec().format();
    if (overlaps
        || Paths.couldMatch(spark, path, output + file)
        || Paths.couldMatch(spark, Paths.resolved(spark, path), place + file)) {
      throw new UserError(
          "Of --input %s and --output %s, one lies in the other; write to another place"
              .formatted(input, output));
    }
  }
}
