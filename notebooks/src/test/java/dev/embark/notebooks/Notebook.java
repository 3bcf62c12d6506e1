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

/**
 * A notebook that was executed from its first cell to its last, on a Spark session of its own.
 *
 * <p>SQL and Scala cells run as they stand. Of Python cells, whose interpreter Spark would need,
 * the syntax is checked and every {@code spark.sql("…")} is executed where it stands.
 *
 * <p>Owns the session until {@link #close()}; for one thread.
 */
final class Notebook implements AutoCloseable {
  private static final Path WAREHOUSE = Path.of("target", "warehouse").toAbsolutePath();

  private final NotebookSource source;
  private final SparkSession spark;
  private final Map<String, List<Row>> rowsByTitle = new LinkedHashMap<>();
  private final ScalaCells scala;

  private Notebook(NotebookSource source, SparkSession spark, ScalaCells scala) {
    this.source = source;
    this.spark = spark;
    this.scala = scala;
  }

  /** Executes a notebook of this module's folder; {@code conf} is what its cluster has set. */
  static Notebook run(String file, Map<String, String> conf) throws IOException {
    NotebookSource source = NotebookSource.read(Path.of(file));
    // What a run that was killed left would be taken for this one's tables.
    FileUtils.deleteDirectory(WAREHOUSE.toFile());
    SparkSession spark = session(conf);
    Notebook notebook =
        new Notebook(
            source, spark, source.cells(Language.SCALA).isEmpty() ? null : new ScalaCells(spark));
    try {
      for (Cell cell : source.cells()) {
        notebook.execute(cell);
      }
    } catch (Exception | Error e) {
      notebook.close();
      throw e;
    }
    return notebook;
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

  /** What the SQL of the cell with this title gave; the last statement's, where it has several. */
  List<Row> rows(String title) {
    assertThat(rowsByTitle).containsKey(title);
    return rowsByTitle.get(title);
  }

  /** The values of a column of {@link #rows}. */
  <T> List<T> column(String title, String column) {
    return rows(title).stream().map(row -> row.<T>getAs(column)).toList();
  }

  /** The value that a Scala cell gave a name. */
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

  /** Ends the session and removes its tables. */
  @Override
  public void close() throws IOException {
    if (scala != null) {
      scala.close();
    }
    spark.stop();
    FileUtils.deleteDirectory(WAREHOUSE.toFile());
  }
}
