package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.notebooks.NotebookSource.Cell;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * JUnit extension that executes a notebook of this module from its first cell to its last before
 * the tests of a class, in a Spark session of its own.
 *
 * <p>SQL and Scala cells run unchanged. Python cells would need an interpreter: their syntax is
 * checked, and every {@code spark.sql("…")} in them is executed in order.
 *
 * <p>Owns the session until the end of the class; single-threaded.
 */
final class Notebook implements BeforeAllCallback, AfterAllCallback {
  private static final Path WAREHOUSE = Path.of("target", "warehouse").toAbsolutePath();

  private final Path file;
  private final Map<String, String> conf;
  private final Map<String, List<Row>> rowsByTitle = new LinkedHashMap<>();
  private NotebookSource source;
  private SparkSession spark;
  private ScalaCells scala;

  private Notebook(Path file, Map<String, String> conf) {
    this.file = file;
    this.conf = conf;
  }

  /** Returns a notebook in a session without settings of its own. */
  static Notebook run(String file) {
    return run(file, Map.of());
  }

  /**
   * @param conf settings of the notebook's cluster
   */
  static Notebook run(String file, Map<String, String> conf) {
    return new Notebook(Path.of(file), conf);
  }

  @Override
  public void beforeAll(ExtensionContext context) throws IOException {
    source = NotebookSource.read(file);
    // A killed run may have left tables.
    FileUtils.deleteDirectory(WAREHOUSE.toFile());
    spark = session(conf);
    scala = source.cells(Language.SCALA).isEmpty() ? null : new ScalaCells(spark);
    source.cells().forEach(this::execute);
  }

  private static SparkSession session(Map<String, String> conf) {
    SparkSession.Builder builder =
        SparkSession.builder()
            .appName("notebooks")
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.warehouse.dir", WAREHOUSE.toUri().toString());
    conf.forEach(builder::config);
    return builder.getOrCreate();
  }

  SparkSession spark() {
    return spark;
  }

  NotebookSource source() {
    return source;
  }

  /** Returns the rows of the cell with this title; of its last statement, if it has several. */
  List<Row> rows(String title) {
    assertThat(rowsByTitle).containsKey(title);
    return rowsByTitle.get(title);
  }

  /** Returns the values of a column of {@link #rows}. */
  <T> List<T> column(String title, String column) {
    return rows(title).stream().map(row -> row.<T>getAs(column)).toList();
  }

  /** Returns the value of a name that a Scala cell defined. */
  Object value(String name) {
    return scala.value(name);
  }

  private void execute(Cell cell) {
    try {
      switch (cell.language()) {
        case SQL -> runSql(cell, cell.text());
        case PYTHON -> {
          PythonCells.compile(cell.text());
          PythonCells.sql(cell.text()).forEach(statement -> runSql(cell, statement));
        }
        case SCALA -> scala.run(cell.text());
        case MD -> {}
      }
    } catch (Exception | AssertionError e) {
      throw new AssertionError(
          "The cell '%s' at line %d of %s failed: %s"
              .formatted(cell.title(), cell.line(), source.name(), e.getMessage()),
          e);
    }
  }

  private void runSql(Cell cell, String statement) {
    rowsByTitle.put(cell.title(), spark.sql(statement).collectAsList());
  }

  /** Ends the session and removes its tables; JUnit calls it also if a cell failed. */
  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    if (scala != null) {
      scala.close();
    }
    if (spark != null) {
      spark.stop();
    }
    FileUtils.deleteDirectory(WAREHOUSE.toFile());
  }
}
