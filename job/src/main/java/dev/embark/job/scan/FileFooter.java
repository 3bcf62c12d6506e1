package dev.embark.job.scan;

import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.orc.OrcFile;
import org.apache.orc.Reader;
import org.apache.orc.TypeDescription;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.Type;

/**
 * Columns of a Parquet or ORC file, from its footer.
 *
 * @param path path of the file
 * @param isEmpty whether the file has no bytes
 * @param columns type by lower-case name of each top-level column; types only for ORC, because
 *     Spark's Parquet reader itself rejects a type that it cannot convert. Empty if the footer
 *     cannot be read, which Spark reports when it reads the rows
 */
public record FileFooter(String path, boolean isEmpty, Map<String, String> columns) {
  private static final String EMPTY = "empty";

  /**
   * Reads a footer.
   *
   * @throws IOException if the file cannot be found
   */
  static FileFooter read(String path, boolean isOrc, Configuration conf) throws IOException {
    Path file = new Path(path);
    if (file.getFileSystem(conf).getFileStatus(file).getLen() == 0) {
      return new FileFooter(path, true, Map.of());
    }
    try {
      return new FileFooter(path, false, isOrc ? orc(file, conf) : parquet(file, conf));
    } catch (IOException | RuntimeException e) {
      return new FileFooter(path, false, Map.of());
    }
  }

  private static Map<String, String> parquet(Path file, Configuration conf) throws IOException {
    Map<String, String> columns = new TreeMap<>();
    try (ParquetFileReader reader = ParquetFileReader.open(HadoopInputFile.fromPath(file, conf))) {
      for (Type column : reader.getFooter().getFileMetaData().getSchema().getFields()) {
        columns.put(column.getName().toLowerCase(Locale.ROOT), "");
      }
    }
    return columns;
  }

  private static Map<String, String> orc(Path file, Configuration conf) throws IOException {
    Map<String, String> columns = new TreeMap<>();
    try (Reader reader = OrcFile.createReader(file, OrcFile.readerOptions(conf))) {
      TypeDescription schema = reader.getSchema();
      for (int i = 0; i < schema.getFieldNames().size(); i++) {
        columns.put(
            schema.getFieldNames().get(i).toLowerCase(Locale.ROOT),
            schema.getChildren().get(i).toString());
      }
    }
    return columns;
  }

  /** Returns whether the footer of a file can be read. */
  public static boolean isReadable(Path file, boolean isOrc, Configuration conf) {
    try {
      return read(file.toString(), isOrc, conf).isReadable();
    } catch (IOException e) {
      return false;
    }
  }

  boolean isReadable() {
    return !columns.isEmpty();
  }

  /** Returns all but the path as a text. */
  String toText() {
    return isEmpty
        ? EMPTY
        : columns.entrySet().stream()
            .map(column -> column.getKey() + '\0' + column.getValue() + '\0')
            .collect(Collectors.joining());
  }

  static FileFooter of(String path, String text) {
    if (text.equals(EMPTY)) {
      return new FileFooter(path, true, Map.of());
    }
    String[] parts = text.split("\0", -1);
    Map<String, String> columns = new TreeMap<>();
    for (int i = 0; i + 1 < parts.length; i += 2) {
      columns.put(parts[i], parts[i + 1]);
    }
    return new FileFooter(path, false, columns);
  }
}
