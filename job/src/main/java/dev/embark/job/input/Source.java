package dev.embark.job.input;

import dev.embark.job.cli.ChunkColumns;
import dev.embark.job.cli.Failures;
import dev.embark.job.cli.InputFormat;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.sink.Sink;
import dev.embark.job.state.Columns;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.AtomicType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampType;

/**
 * Reads the input of a job with all its columns, and verifies before any task starts that it is
 * readable and has a text column.
 */
public final class Source {
  public static final String CORRUPT_COLUMN = "_corrupt_record";

  private final SparkSession spark;
  private final JobSpec spec;
  private final Sink sink;

  /**
   * @param sink sink whose own columns the input must not contain and whose output must not be the
   *     input
   */
  public Source(SparkSession spark, JobSpec spec, Sink sink) {
    this.spark = spark;
    this.spec = spec;
    this.sink = sink;
  }

  /**
   * An opened input with a text column.
   *
   * @param rows all columns of the input, lazily
   * @param format format of the files, or {@code table} or {@code query}
   * @param options options of Spark's reader
   * @param table the table at a version that is not newer than the rows; empty if the input is no
   *     Delta or Iceberg table
   * @param textColumn name of the text column in the input's own spelling
   * @param warnings warnings about missing or corrupt data
   * @param isScanned whether all text files have been scanned for what Spark would misread
   */
  public record Input(
      Dataset<Row> rows,
      String format,
      Map<String, String> options,
      Optional<InputTable> table,
      String textColumn,
      List<String> warnings,
      boolean isScanned) {
    /** Returns whether Spark reads the input as plain files. */
    public boolean isOfFiles() {
      return InputFormat.isOfFiles(format);
    }
  }

  /**
   * Opens the input.
   *
   * @throws UserError if the input is not readable or has no text column
   */
  public Input open() {
    FileSource files = new FileSource(spark, spec, sink.location());
    List<String> warnings = new ArrayList<>();
    String format =
        spec.inputSpec().query().isPresent()
            ? "query"
            : spec.inputSpec().format().orElseGet(files::guessFormat);
    Map<String, String> options = files.defaults(format);
    options.putAll(spec.inputSpec().options());
    Optional<InputTable> table = InputTable.of(spark, spec, format);
    Dataset<Row> rows =
        switch (format) {
          case "query" -> readQuery(spec.inputSpec().query().orElseThrow());
          case InputFormat.TABLE -> readTable();
          default -> files.read(format, options, warnings);
        };
    String text = spec.textColumn().orElse(format.equals(InputFormat.TEXT) ? "value" : "text");
    Input input = new Input(rows, format, options, table, text, warnings, files.isScanned());
    StructField column;
    try {
      column = textColumn(input);
    } catch (UserError e) {
      // A wrong encoding changes column names, and Spark takes those of one file: report that
      // first.
      InputCheck.check(spark, spec, input);
      throw e;
    }
    refuseOwnColumns(rows);
    spec.outputSpec()
        .compareColumns()
        .forEach(compared -> require(rows, compared, "--compare-columns"));
    checkPartitions(rows, warnings);
    if (Arrays.asList(rows.columns()).contains(CORRUPT_COLUMN)) {
      warnings.add(
          "some lines of %s are not %s; they are kept in the column _corrupt_record, without %s"
              .formatted(spec.input(), format, spec.function().result()));
    }
    return new Input(rows, format, options, table, column.name(), warnings, files.isScanned());
  }

  private StructField textColumn(Input input) {
    Dataset<Row> rows = input.rows();
    if (rows.columns().length == 0) {
      throw new UserError(
          "%s is empty, so it has no column to read; check --input".formatted(spec.input()));
    }
    refuseEqualNames(rows);
    StructField column = require(rows, input.textColumn(), "--text-column");
    if (!(column.dataType() instanceof StringType)) {
      throw new UserError(
          "The column %s of %s is %s, and only text can be %s; choose another --text-column, or cast it to string in a view"
              .formatted(
                  column.name(),
                  spec.input(),
                  column.dataType().simpleString(),
                  spec.function().done()));
    }
    spec.idColumn().ifPresent(id -> require(rows, id, "--id-column"));
    return column;
  }

  private void refuseEqualNames(Dataset<Row> rows) {
    boolean isCaseSensitive =
        Boolean.parseBoolean(spark.conf().get("spark.sql.caseSensitive", "false"));
    Map<String, String> names =
        isCaseSensitive ? new TreeMap<>() : new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String column : rows.columns()) {
      String other = names.put(column, column);
      if (other != null) {
        throw new UserError(
            "%s has the columns %s and %s, whose names are equal%s; rename or drop one with --query"
                .formatted(
                    spec.input(), other, column, other.equals(column) ? "" : " apart from case"));
      }
    }
  }

  private Dataset<Row> readQuery(String query) {
    try {
      return spark.sql(query);
    } catch (Exception e) {
      throw new UserError("--query cannot be run: " + Failures.sentence(e), e);
    }
  }

  private Dataset<Row> readTable() {
    if (spec.input().equals(sink.location())) {
      throw new UserError(
          "--input and --output are both %s; write to another place".formatted(spec.input()));
    }
    try {
      return spark.table(spec.input());
    } catch (Exception e) {
      throw new UserError(
          "There is no table or view %s that can be read; if it is a path, write ./%s or give --input-format (%s)"
              .formatted(spec.input(), spec.input(), Failures.sentence(e)),
          e);
    }
  }

  private StructField require(Dataset<Row> rows, String name, String option) {
    StructField[] fields = rows.schema().fields();
    return Arrays.stream(fields)
        .filter(field -> field.name().equals(name))
        .findFirst()
        .or(
            () ->
                Arrays.stream(fields)
                    .filter(field -> field.name().equalsIgnoreCase(name))
                    .findFirst())
        .orElseThrow(() -> new UserError(missing(rows, name, option)));
  }

  private String missing(Dataset<Row> rows, String name, String option) {
    String outer = name.split("\\.", 2)[0];
    boolean isField =
        name.contains(".")
            && Arrays.stream(rows.schema().fields())
                .anyMatch(
                    field ->
                        field.name().equalsIgnoreCase(outer)
                            && field.dataType() instanceof StructType);
    return isField
        ? "%s has no column %s, though %s is a struct; make its field a column with --query, by SELECT *, %s AS a_name, and say %s a_name"
            .formatted(spec.input(), name, outer, name, option)
        : "%s has no column %s; its columns are %s; choose one with %s"
            .formatted(spec.input(), name, String.join(", ", rows.columns()), option);
  }

  private void refuseOwnColumns(Dataset<Row> rows) {
    List<String> own = new ArrayList<>(sink.ownColumns());
    String result = spec.resultColumn();
    if (spec.explodesChunks() && ChunkColumns.ALL.stream().anyMatch(result::equalsIgnoreCase)) {
      own.add(result);
    }
    if (Columns.isReserved(result) || own.stream().anyMatch(result::equalsIgnoreCase)) {
      throw new UserError(
          "--embedding-column is %s, which is the name of a column that the job needs itself; choose another"
              .formatted(result));
    }
    own.add(result);
    if (spec.explodesChunks()) {
      own.addAll(ChunkColumns.ALL);
    }
    for (String column : rows.columns()) {
      if (Columns.isReserved(column)) {
        throw new UserError(
            "%s has a column %s, a name that the job needs itself; rename or drop it first"
                .formatted(spec.input(), column));
      }
      if (own.stream().anyMatch(column::equalsIgnoreCase)) {
        throw new UserError(
            "%s has a column %s already, which the job would have to replace; rename or drop it first"
                .formatted(spec.input(), column));
      }
    }
  }

  private void checkPartitions(Dataset<Row> rows, List<String> warnings) {
    OutputSpec output = spec.outputSpec();
    Set<String> named = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (String column : output.partitionBy()) {
      if (column.equalsIgnoreCase(spec.resultColumn())) {
        throw new UserError(
            "--partition-by names %s, the column that the job adds; choose columns of the input"
                .formatted(column));
      }
      StructField field = require(rows, column, "--partition-by");
      if (spec.idColumn().filter(column::equalsIgnoreCase).isPresent()) {
        throw new UserError(
            "--partition-by names %s, the --id-column, which would make a folder of each row; choose a column with fewer values"
                .formatted(column));
      }
      if (!(field.dataType() instanceof AtomicType)) {
        throw new UserError(
            "--partition-by names %s, which is %s and cannot be the name of a folder; choose another, or cast it to string with --query"
                .formatted(column, field.dataType().simpleString()));
      }
      refuseLossyFolder(field);
      warnOfZone(output, field, warnings);
      if (!named.add(column)) {
        throw new UserError("--partition-by names %s twice; name it once".formatted(column));
      }
      // Tables track their files in metadata, independent of folder names.
      if (!output.format().isTable() && column.startsWith(".")) {
        throw new UserError(
            "--partition-by names %s, and readers skip folders whose names begin with a dot; rename the column with --query"
                .formatted(column));
      }
    }
  }

  /**
   * Iceberg keeps values in its metadata, and no reader parses its folders. Delta writes times in
   * the zone of the session, in which an hour may occur twice.
   */
  private void refuseLossyFolder(StructField field) {
    OutputSpec.Format format = spec.outputSpec().format();
    boolean isBinary = field.dataType() instanceof BinaryType;
    boolean isLossy =
        isBinary
            || (format == OutputSpec.Format.DELTA && field.dataType() instanceof TimestampType);
    if (isLossy && format != OutputSpec.Format.ICEBERG) {
      String type = field.dataType().simpleString();
      throw new UserError(
          "--partition-by names %s, which is %s, and the name of a folder does not keep every %s; make it a text, a date or a number with --query, such as %s(%s), or write --output-format iceberg"
              .formatted(field.name(), type, type, isBinary ? "hex" : "unix_micros", field.name()));
    }
  }

  private static void warnOfZone(OutputSpec output, StructField field, List<String> warnings) {
    if (field.dataType() instanceof TimestampType && !output.format().isTable()) {
      warnings.add(
          "the folders of %s hold its times in UTC; read them with the option timeZone=UTC"
              .formatted(field.name()));
    }
  }
}
