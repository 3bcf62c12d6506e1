package dev.embark.job.input;

import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.when;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.InputFormat;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.scan.FileFooter;
import dev.embark.job.scan.TextCheck;
import dev.embark.job.scan.TextFileScan;
import dev.embark.job.scan.TextOptions;
import dev.embark.job.state.Columns;
import dev.embark.job.state.Paths;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Reads an input given as a path or glob: files, or a table given by its folder. */
final class FileSource {
  private static final String BYTE_ORDER_MARK = "\ufeff";

  private final SparkSession spark;
  private final JobSpec spec;
  private final String output;
  private boolean isScanned;

  /**
   * @param output absolute path of the run's output, which must not overlap with the input
   */
  FileSource(SparkSession spark, JobSpec spec, String output) {
    this.spark = spark;
    this.spec = spec;
    this.output = output;
  }

  /**
   * Infers the format of an input for which none was given.
   *
   * @throws UserError if the input consists of only some of a table's files
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
   * Reads the input.
   *
   * @param options reader options; those that the files require are added
   * @param warnings list to which warnings are added
   * @throws UserError if the input is missing or not readable
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
    if (InputFormat.isOfFiles(format)) {
      InputFiles files = InputFiles.of(spark, path);
      lookForTables(files.visible().toList(), format, warnings);
      files.check(options);
      files.warning().ifPresent(warnings::add);
      if (format.equals(InputFormat.JSON) && isOverLines(files, options)) {
        options.put("multiLine", "true");
      }
    }
    try {
      Dataset<Row> rows = reader(format, options).load(path);
      return format.equals(InputFormat.TEXT) ? withoutMark(rows) : rows;
    } catch (UserError e) {
      throw e;
    } catch (Exception e) {
      refuseUnreadableText(format, options);
      String hint =
          TableFolder.among(spark, List.of(new Path(Paths.qualified(spark, path))))
              .filter(table -> table.format().equals(format))
              .map(TableFolder::hint)
              .orElse("check --input and --input-format");
      String sentence = Failures.sentence(e);
      throw new UserError(
          "Cannot read %s as %s; %s (%s)"
              .formatted(
                  path,
                  format,
                  hint,
                  unreadable(format).map(file -> file + ": " + sentence).orElse(sentence)),
          e);
    }
  }

  /** Rejects the first text file that cannot be read, which Spark may leave unnamed. */
  private void refuseUnreadableText(String format, Map<String, String> options) {
    Map<String, String> given = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    given.putAll(options);
    given.putIfAbsent("mode", "PERMISSIVE"); // the number of columns is not known
    new TextCheck(spark, spec.input())
        .check(
            new TextOptions(format, given), InputFiles.of(spark, spec.input()).visible().toList());
  }

  private DataFrameReader reader(String format, Map<String, String> options) {
    DataFrameReader reader = spark.read().format(format).options(options);
    TextOptions text = new TextOptions(format, options);
    return text.hasDocumentLines() ? reader.schema(jsonColumns(text, options)) : reader;
  }

  /** Returns the columns of JSON files with a document on each line, which are scanned. */
  private StructType jsonColumns(TextOptions text, Map<String, String> options) {
    Dataset<Row> partitions =
        spark
            .read()
            .format(InputFormat.JSON)
            .options(options)
            .schema(new StructType())
            .load(spec.input());
    StructType columns = new TextCheck(spark, spec.input()).columns(text, Paths.files(partitions));
    isScanned = true;
    return withTypesOf(partitions.schema(), columns);
  }

  /** Spark prefers the type of a given column to that of the partition with its name. */
  private StructType withTypesOf(StructType partitions, StructType columns) {
    boolean isCaseSensitive = spark.sessionState().conf().caseSensitiveAnalysis();
    StructType typed = new StructType();
    for (StructField column : columns.fields()) {
      DataType type =
          Arrays.stream(partitions.fields())
              .filter(
                  folder ->
                      isCaseSensitive
                          ? folder.name().equals(column.name())
                          : folder.name().equalsIgnoreCase(column.name()))
              .map(StructField::dataType)
              .findFirst()
              .orElse(column.dataType());
      typed = typed.add(column.name(), type);
    }
    return typed;
  }

  /** Returns whether reading has scanned all files for what Spark would misread. */
  boolean isScanned() {
    return isScanned;
  }

  /** Returns the first file whose footer cannot be read, which Spark may leave unnamed. */
  private Optional<Path> unreadable(String format) {
    boolean isOrc = format.equals(InputFormat.ORC);
    if (!isOrc && !format.equals(InputFormat.PARQUET)) {
      return Optional.empty();
    }
    Configuration conf = spark.sessionState().newHadoopConf();
    return InputFiles.of(spark, spec.input())
        .visible()
        .filter(file -> !FileFooter.isReadable(file, isOrc, conf))
        .findFirst();
  }

  /**
   * Returns whether the first JSON file is one document over several lines, such as an array, and
   * the options leave that open.
   */
  private boolean isOverLines(InputFiles files, Map<String, String> options) {
    if (Stream.of("multiLine", "lineSep", "allowComments").anyMatch(options::containsKey)) {
      return false;
    }
    String charset =
        options.getOrDefault("encoding", options.getOrDefault("charset", TextFileScan.DETECTED));
    Optional<Path> first = files.first();
    try {
      return first.isPresent()
          && TextFileScan.isJsonOverLines(
              first.get(), charset, spark.sessionState().newHadoopConf());
    } catch (IOException | IllegalArgumentException e) {
      // An unreadable file or an unknown encoding is reported when the file is read.
      return false;
    }
  }

  /**
   * Rejects an input whose files belong to a table, or warns if an explicit format asks for the
   * plain files.
   */
  private void lookForTables(List<Path> files, String format, List<String> warnings) {
    Optional<TableFolder> table = TableFolder.among(spark, files);
    if (table.isPresent() && spec.inputSpec().format().isEmpty()) {
      throw table.get().refused(spec.input());
    }
    table.ifPresent(there -> warnings.add(there.warning(format)));
  }

  /** Removes a byte order mark, which Spark keeps in plain text. */
  private static Dataset<Row> withoutMark(Dataset<Row> rows) {
    Column value = Columns.quoted("value");
    return rows.withColumn(
        "value",
        when(value.startsWith(BYTE_ORDER_MARK), substring(value, 2, Integer.MAX_VALUE))
            .otherwise(value));
  }

  /**
   * Returns the default reader options. CSV follows RFC 4180, in which quoted fields may contain
   * quotes and line ends.
   */
  Map<String, String> defaults(String format) {
    Map<String, String> options =
        new TreeMap<>(String.CASE_INSENSITIVE_ORDER); // option names are case-insensitive in Spark
    if (InputFormat.isOfFiles(format)) {
      // A conf of the session may skip unreadable files, whose rows would then be missing.
      options.put("ignoreCorruptFiles", "false");
      options.put("ignoreMissingFiles", "false");
    }
    if (format.equals(InputFormat.PARQUET)) {
      options.put("parquet.page.verify-checksum.enabled", "true");
    }
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

  /** Rejects overlapping paths, because a run would then read its own rows or replace its input. */
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
    // A glob may match output files that do not exist yet.
    String file = "/part-0." + spec.outputSpec().format();
    if (overlaps
        || Paths.couldMatch(spark, path, output + file)
        || Paths.couldMatch(spark, Paths.resolved(spark, path), place + file)) {
      throw new UserError(
          "--input %s and --output %s overlap, as one contains the other; write to another place"
              .formatted(input, output));
    }
  }
}
