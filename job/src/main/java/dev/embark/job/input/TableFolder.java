package dev.embark.job.input;

import dev.embark.job.cli.UserError;
import dev.embark.job.files.FileNames;
import dev.embark.job.state.Paths;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Folder of a table whose log determines which of its files are current. Read as plain files, it
 * also yields deleted and replaced rows.
 *
 * @param format name of Spark's data source for the table
 * @param title display name of the format
 * @param path absolute path of the table
 */
record TableFolder(String format, String title, String path) {
  /** Maximum number of folders inspected, top-most first; each costs three look-ups. */
  private static final int MOST_FOLDERS = 100;

  private static final String DELTA = "delta";
  static final String ICEBERG = "iceberg";
  private static final String HUDI = "hudi";

  /** Catalog that Iceberg uses for tables given by path. */
  private static final String ICEBERG_CATALOG = "spark.sql.catalog.default_iceberg";

  /** Returns a table that one of these paths is, or belongs to. */
  static Optional<TableFolder> among(SparkSession spark, Collection<Path> paths) {
    Set<Path> folders = new LinkedHashSet<>();
    for (Path path : paths) {
      Path folder = path;
      // Files in a hidden folder, such as Embark's quarantine, are not table data.
      while (folder != null && folders.add(folder) && !FileNames.isHidden(folder.getName())) {
        folder = folder.getParent();
      }
    }
    return folders.stream()
        .sorted(Comparator.comparingInt(Path::depth))
        .limit(MOST_FOLDERS)
        .flatMap(folder -> of(spark, folder).stream())
        .findFirst();
  }

  private static Optional<TableFolder> of(SparkSession spark, Path folder) {
    FileSystem files = Paths.fileSystem(spark, folder);
    try {
      if (files.exists(new Path(folder, "_delta_log"))) {
        return Optional.of(new TableFolder(DELTA, "Delta", folder.toString()));
      }
      if (files.exists(new Path(folder, ".hoodie"))) {
        return Optional.of(new TableFolder(HUDI, "Hudi", folder.toString()));
      }
      return isIceberg(files, folder)
          ? Optional.of(new TableFolder(ICEBERG, "Iceberg", folder.toString()))
          : Optional.empty();
    } catch (IOException e) {
      // The parent folders of an input may be unreadable.
      return Optional.empty();
    }
  }

  private static boolean isIceberg(FileSystem files, Path folder) throws IOException {
    try {
      return Arrays.stream(files.listStatus(new Path(folder, "metadata")))
          .map(status -> status.getPath().getName())
          .anyMatch(
              name ->
                  name.equals("version-hint.text")
                      || name.endsWith(".metadata.json")
                      || name.endsWith(".metadata.json.gz")
                      || name.endsWith(".gz.metadata.json"));
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  /** Returns whether the paths are exactly this table in a format that Embark can read. */
  boolean isReadableBy(List<String> paths) {
    return paths.equals(List.of(path)) && !format.equals(HUDI);
  }

  /** Returns the error for an input that consists of files of this table. */
  UserError refused(String input) {
    String query =
        format.equals(DELTA)
            ? "SELECT … FROM delta.`%s` WHERE …".formatted(path)
            : "SELECT … FROM its name in a catalog";
    return new UserError(
        "%s has files of the %s table %s, whose log says which of them count; read the table, with --input or with --query (%s), or set --input-format to read the files as they are"
            .formatted(input, title, path, query));
  }

  /** Returns the warning for reading the table's files directly. */
  String warning(String readAs) {
    return "%s is %s %s table and is read as %s files, so rows that were deleted or replaced may be among them"
        .formatted(path, title.equals("Iceberg") ? "an" : "a", title, readAs);
  }

  /**
   * Configures a Hadoop catalog, because Iceberg's default catalog requires a Hive metastore, which
   * a path does not need.
   */
  static void setIcebergCatalog(SparkSession spark) {
    if (spark.conf().getOption(ICEBERG_CATALOG).isEmpty()) {
      spark.conf().set(ICEBERG_CATALOG + ".type", "hadoop");
      spark.conf().set(ICEBERG_CATALOG + ".warehouse", System.getProperty("java.io.tmpdir"));
      spark.conf().set(ICEBERG_CATALOG + ".cache-enabled", "false");
      spark.conf().set(ICEBERG_CATALOG, "org.apache.iceberg.spark.SparkCatalog");
    }
  }

  /** Returns a hint for a table that is not readable. */
  String hint() {
    return switch (format) {
      case DELTA ->
          "it is a Delta table; give --packages io.delta:delta-spark_… and the --conf that Delta"
              + " asks for";
      case ICEBERG ->
          "it is an Iceberg table; give --packages org.apache.iceberg:iceberg-spark-runtime-… or,"
              + " if a catalog keeps it, name the table";
      default -> "it is a %s table".formatted(title);
    };
  }
}
