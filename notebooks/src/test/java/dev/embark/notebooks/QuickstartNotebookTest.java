package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class QuickstartNotebookTest {
  private static Notebook notebook;

  @BeforeAll
  static void run() throws IOException {
    notebook = Notebook.run("01_quickstart.sql", Map.of());
  }

  @AfterAll
  static void close() throws IOException {
    if (notebook != null) {
      notebook.close();
    }
  }

  @Test
  void everyTextGetsAVectorOf384NumbersAndUnitLength() {
    List<Row> vectors = notebook.rows("Vectors");

    assertThat(vectors).hasSize((int) notebook.spark().table("docs").count());
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
    assertThat(notebook.rows("Plan"))
        .singleElement()
        .extracting(row -> row.getString(0))
        .asString()
        .contains("EvalModel");
  }

  @Test
  void aQuestionOnTheGardenFindsTheTextsOnGardening() {
    assertThat(notebook.<String>column("Nearest to a question on the garden", "topic"))
        .containsExactly("gardening", "gardening", "gardening");
  }

  @Test
  void aQuestionOnMoneyFindsTheTextsOnFinance() {
    assertThat(notebook.<String>column("Nearest to a question on money", "topic"))
        .containsExactly("finance", "finance", "finance");
  }
}
