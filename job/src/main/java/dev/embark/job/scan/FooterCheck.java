package dev.embark.job.scan;

import dev.embark.job.cli.InputFormat;
import dev.embark.job.cli.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Rejects Parquet and ORC files whose rows Spark would silently skip or fill with NULL: empty
 * files, files with other columns and, in ORC, columns of another type. Spark takes the columns of
 * one file for all. Reads the footers in the tasks of a Spark job.
 */
public final class FooterCheck {
  private final SparkSession spark;
  private final String input;

  /**
   * @param input name of the input for messages
   */
  public FooterCheck(SparkSession spark, String input) {
    this.spark = spark;
    this.input = input;
  }

  /**
   * Compares the footers of files of an input; a no-op for other formats.
   *
   * @param format format of the files
   * @param options options of Spark's reader
   * @throws UserError naming the first file that would be misread
   */
  public void check(String format, Map<String, String> options, List<Path> files) {
    boolean isOrc = format.equals(InputFormat.ORC);
    if (!isOrc && !format.equals(InputFormat.PARQUET)) {
      return;
    }
    if (files.isEmpty()) {
      return;
    }
    List<String> paths = files.stream().map(Path::toString).toList();
    List<String> footers =
        FileTasks.map(
            spark, input, paths, (path, conf) -> FileFooter.read(path, isOrc, conf).toText());
    List<FileFooter> found = new ArrayList<>();
    for (int i = 0; i < footers.size(); i++) {
      found.add(FileFooter.of(paths.get(i), footers.get(i)));
    }
    compare(found, isOrc ? "ORC" : "Parquet", mergesColumns(format, options));
  }

  /** Returns whether Spark reads the union of all columns, as the user chose. */
  private boolean mergesColumns(String format, Map<String, String> options) {
    Map<String, String> given = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    given.putAll(options);
    String conf = spark.conf().get("spark.sql.%s.mergeSchema".formatted(format), "false");
    return Boolean.parseBoolean(given.getOrDefault("mergeSchema", conf));
  }

  private static void compare(List<FileFooter> files, String format, boolean mergesColumns) {
    Map<String, FileFooter> owners = new TreeMap<>();
    for (FileFooter file : files) {
      if (file.isEmpty()) {
        throw new UserError(
            "%s is empty and so is no %s file, and Spark would skip it; copy it again, or delete it"
                .formatted(file.path(), format));
      }
      file.columns().keySet().forEach(column -> owners.putIfAbsent(column, file));
    }
    for (FileFooter file : files) {
      if (file.isReadable() && !mergesColumns) {
        owners.forEach((column, owner) -> compare(file, owner, column));
      }
    }
  }

  private static void compare(FileFooter file, FileFooter owner, String column) {
    String type = file.columns().get(column);
    String expected = owner.columns().get(column);
    if (type == null) {
      throw new UserError(
          "%s has no column %s, which %s has, and Spark would leave it out or fill it with NULL; set --input-option mergeSchema=true to read the columns of all files, or read the files separately"
              .formatted(file.path(), column, owner.path()));
    }
    if (!type.equals(expected)) {
      throw new UserError(
          "The column %s is %s in %s and %s in %s, and Spark would read some of its values as NULL; read the files separately, and cast the column with --query"
              .formatted(column, expected, owner.path(), type, file.path()));
    }
  }
}
