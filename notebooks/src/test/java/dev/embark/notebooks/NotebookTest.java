package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.notebooks.NotebookSource.Cell;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Executes the quickstart notebook, cell by cell, on a Spark session with Embark beside it. */
class NotebookTest {

  private static final Path QUICKSTART = Path.of("01_quickstart.sql");

  private static SparkSession spark;
  private static NotebookSource notebook;
  private static final Map<String, List<Row>> rowsByTitle = new LinkedHashMap<>();

  @BeforeAll
  static void executeEveryCell() throws IOException {
    notebook = NotebookSource.read(QUICKSTART);
    spark =
        SparkSession.builder()
            .appName("notebooks")
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.warehouse.dir", Path.of("target", "warehouse").toUri().toString())
            .getOrCreate();
    for (Cell cell : notebook.sql()) {
      rowsByTitle.put(cell.title(), execute(cell));
    }
  }

  @AfterAll
  static void stopSpark() {
    if (spark != null) {
      spark.stop();
    }
  }

  @Test
  void everySqlCellRunsAndHasATitleOfItsOwn() {
    assertThat(notebook.sql()).isNotEmpty();
    assertThat(rowsByTitle.keySet())
        .doesNotContain("")
        .containsExactlyElementsOf(notebook.sql().stream().map(Cell::title).toList());
  }

  @Test
  void everyTextGetsAVectorOf384NumbersAndUnitLength() {
    List<Row> vectors = rows("Vectors");

    assertThat(vectors).hasSize((int) spark.table("docs").count());
    assertThat(vectors)
        .allSatisfy(
            row -> {
              assertThat(row.<Integer>getAs("dimensions")).isEqualTo(384);
              assertThat(row.<Double>getAs("length")).isEqualTo(1.0);
            });
    assertThat(vectors)
        .extracting(row -> row.getList(row.fieldIndex("first_four")))
        .doesNotHaveDuplicates();
  }

  @Test
  void thePlanNamesTheOperatorOfEmbed() {
    assertThat(rows("Plan"))
        .singleElement()
        .extracting(row -> row.getString(0))
        .asString()
        .contains("EvalEmbed");
  }

  @Test
  void aQuestionOnTheGardenFindsTheTextsOnGardening() {
    assertThat(topics("Nearest to a question on the garden"))
        .containsExactly("gardening", "gardening", "gardening");
  }

  @Test
  void aQuestionOnMoneyFindsTheTextsOnFinance() {
    assertThat(topics("Nearest to a question on money"))
        .containsExactly("finance", "finance", "finance");
  }

  private static List<Row> execute(Cell cell) {
    try {
      return spark.sql(cell.text()).collectAsList();
    } catch (Exception e) {
      throw new AssertionError(
          "The cell '"
              + cell.title()
              + "' at line "
              + cell.line()
              + " of "
              + QUICKSTART
              + " failed.",
          e);
    }
  }

  private static List<Row> rows(String title) {
    assertThat(rowsByTitle).containsKey(title);
    return rowsByTitle.get(title);
  }

  private static List<String> topics(String title) {
    return rows(title).stream().map(row -> row.<String>getAs("topic")).toList();
  }
}
