package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class PythonNotebookTest {
  @RegisterExtension static final Notebook notebook = Notebook.run("07_python.py");

  @Test
  void everyTextHasAVector() {
    assertThat(notebook.rows("By SQL")).hasSize(3);
    assertThat(notebook.<scala.collection.Seq<?>>column("By SQL", "embedding"))
        .allMatch(vector -> vector.size() == 384);
  }

  @Test
  void theStringPassedToExprEqualsTheSqlBelow() {
    List<String> cells =
        notebook.source().cells(Language.PYTHON).stream().map(cell -> cell.text()).toList();

    String call = "embed(body, map('longText', 'chunk', 'maxTokens', '128'))";
    assertThat(cells).filteredOn(text -> text.contains(call)).hasSize(2);
    assertThat(notebook.rows("The SQL that expr parses")).hasSize(3);
  }

  @Test
  void theTextsOnIceAreNearest() {
    assertThat(notebook.rows("Nearest by SQL"))
        .extracting((Row row) -> row.<Integer>getAs("id"))
        .containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void statementsOfOneLineAndOfSeveralAreFound() {
    assertThat(
            PythonCells.sql("a = spark.sql(\"SELECT 1\")\nspark.sql(\n  \"\"\"\nSELECT\n2\"\"\")"))
        .containsExactly("SELECT 1", "SELECT\n2");
  }

  @Test
  void aCellThatDoesNotCompileFails() {
    assumeTrue(PythonCells.hasPython());

    assertThatThrownBy(() -> PythonCells.compile("x = (1"))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("SyntaxError");
  }
}
