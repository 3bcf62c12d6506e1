package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class QuickstartNotebookTest {
  @RegisterExtension static final Notebook notebook = Notebook.run("01_quickstart.sql");

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
