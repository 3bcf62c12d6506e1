package dev.embark.job.sink;

import dev.embark.job.cli.Failures;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.OutputSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.files.ScratchFiles;
import dev.embark.job.state.Paths;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.DataFrameWriter;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Checks before any computation that an output's format accepts the columns, by writing an empty
 * data set with them to a scratch folder or, for a new table, to a table next to it, which is then
 * deleted. Each format restricts types, names and partitions differently and reports violations at
 * a different stage of a write. Statements for an existing table are analysed and not run.
 */
public final class Rehearsal {
  private static final StructType PLAIN = new StructType().add("plain", "int");

  private final SparkSession spark;
  private final JobSpec spec;
  private final Sink sink;
  private final OutputSpec output;
  private final Map<String, String> options;

  public Rehearsal(SparkSession spark, JobSpec spec, Sink sink) {
    this.spark = spark;
    this.spec = spec;
    this.sink = sink;
    this.output = spec.outputSpec();
    this.options = new LinkedHashMap<>(sink.inheritedOptions());
    options.putAll(output.options());
  }

  /**
   * Rehearses in a local temporary folder, for an output that must not be modified.
   *
   * @param columns columns of the output
   * @throws UserError if the format rejects a column
   */
  public void check(StructType columns) {
    try {
      java.nio.file.Path folder = Files.createTempDirectory("embark-rehearsal");
      check(columns, new Path(folder.toUri()), true);
    } catch (IOException e) {
      // A driver without a writable temporary folder may still run the job.
    }
    checkTable(columns);
  }

  /**
   * Rehearses in a folder that does not exist yet and deletes it.
   *
   * @throws UserError if the format rejects a column or cannot be written at all
   */
  public void check(StructType columns, Path scratch) {
    check(columns, scratch, false);
  }

  private void check(StructType columns, Path scratch, boolean isElsewhere) {
    FileSystem files = Paths.fileSystem(spark, scratch);
    try {
      Exception refusal = refusal(columns, output.partitionBy(), scratch);
      if (refusal == null) {
        return;
      }
      Exception ofAll = refusal(PLAIN, List.of(), scratch);
      if (ofAll == null) {
        throw refused(columns, scratch, refusal);
      }
      if (!isElsewhere || !isIo(ofAll)) {
        throw new UserError(
            "Nothing can be written as %s (%s); %s"
                .formatted(
                    output.format(),
                    Failures.sentence(ofAll),
                    TableFormat.advice(
                        spark, output, "check --output-format, --output-option and --packages")),
            ofAll);
      }
    } finally {
      try {
        files.delete(scratch, true);
      } catch (IOException e) {
        // The folder left behind contains no rows.
      }
    }
  }

  /**
   * Checks the columns against those of the table, if the output is one that exists.
   *
   * @throws UserError if the table does not take them
   */
  public void checkTable(StructType columns) {
    sink.refusal(columns)
        .ifPresent(
            reason -> {
              throw new UserError(
                  "%s does not take the columns of %s (%s); select and cast them with --query, or choose another --output"
                      .formatted(sink.location(), spec.input(), reason));
            });
  }

  /**
   * Returns whether the cause is an I/O error, which need not affect the file system of the output.
   */
  private static boolean isIo(Throwable thrown) {
    return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause)
        .anyMatch(IOException.class::isInstance);
  }

  private UserError refused(StructType columns, Path scratch, Exception refusal) {
    List<String> names = new ArrayList<>();
    Exception reason = refusal;
    for (StructField field : columns.fields()) {
      boolean isPartition = output.partitionBy().stream().anyMatch(field.name()::equalsIgnoreCase);
      Exception alone =
          refusal(
              PLAIN.add(field.name(), field.dataType()),
              isPartition ? List.of(field.name()) : List.of(),
              scratch);
      if (alone != null) {
        reason = names.isEmpty() ? alone : reason;
        names.add("%s (%s)".formatted(field.name(), field.dataType().simpleString()));
      }
    }
    String which =
        names.isEmpty()
            ? "its columns together"
            : (names.size() == 1 ? "its column " : "its columns ") + String.join(", ", names);
    return new UserError(
        "%s cannot be written as %s because of %s (%s); rename, cast or drop %s with --query, or choose another --output-format or --output-option"
            .formatted(
                spec.input(),
                output.format(),
                which,
                Failures.sentence(reason),
                names.size() == 1 ? "it" : "them"),
        reason);
  }

  /** Returns the failure of writing these columns; null if the format accepts them. */
  private Exception refusal(StructType columns, List<String> partitions, Path scratch) {
    StructType plain = new StructType();
    for (StructField field : columns.fields()) {
      plain = plain.add(field.name(), field.dataType());
    }
    try {
      DataFrameWriter<Row> writer =
          spark
              .createDataFrame(List.of(), plain)
              .write()
              .format(output.format().toString())
              .options(options)
              .mode(SaveMode.ErrorIfExists)
              .partitionBy(partitions.toArray(String[]::new));
      String name = "t" + UUID.randomUUID().toString().replace("-", "");
      if (output.isTableName() && sink.state().isEmpty()) {
        inNamespace(name, writer::saveAsTable);
      } else if (output.format() == OutputSpec.Format.ICEBERG) {
        inCatalog(scratch, catalog -> writer.saveAsTable(catalog + ".db." + name));
      } else {
        ScratchFiles.write(spark, writer, new Path(scratch, name));
      }
      return null;
    } catch (Exception e) {
      return e;
    }
  }

  /** Runs a write to a table next to the output, which shows what its catalog allows. */
  private void inNamespace(String name, Consumer<String> write) {
    String table = output.output();
    String probe =
        table.endsWith("`")
            ? table.substring(0, table.length() - 1) + "_" + name + "`"
            : table + "_" + name;
    try {
      write.accept(probe);
    } finally {
      TableSink.drop(spark, probe);
    }
  }

  /** Runs a write in a temporary Hadoop catalog, because Iceberg writes only to catalog tables. */
  private void inCatalog(Path scratch, Consumer<String> write) {
    String catalog = "embark_rehearsal_" + UUID.randomUUID().toString().replace("-", "");
    Map<String, String> confs =
        Map.of(
            "spark.sql.catalog." + catalog, "org.apache.iceberg.spark.SparkCatalog",
            "spark.sql.catalog." + catalog + ".type", "hadoop",
            "spark.sql.catalog." + catalog + ".warehouse", scratch.toString());
    confs.forEach((key, value) -> spark.conf().set(key, value));
    try {
      write.accept(catalog);
    } finally {
      confs.keySet().forEach(key -> spark.conf().unset(key));
    }
  }
}
