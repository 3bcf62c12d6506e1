package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.job.cli.SqlSpec;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SqlRunnerTest {
  private final Captured captured = new Captured(false);

  private void run(String statement, SqlSpec.Format format) {
    SqlRunner.run(LocalSpark.session(), statement, format, captured.terminal());
  }

  @Test
  void jsonHasEveryFloatOfAVectorAndItsNulls() throws IOException {
    run("SELECT embed('hello') AS e, NULL AS n", SqlSpec.Format.JSON);

    assertThat(captured.outLines()).hasSize(1);
    JsonNode row = new ObjectMapper().readTree(captured.out());
    assertThat(row.get("e").size()).isEqualTo(384);
    assertThat(row.has("n")).isTrue();
    assertThat(row.get("n").isNull()).isTrue();
    assertThat(captured.err()).isEmpty();
  }

  @Test
  void jsonPrintsFloatsInTheirShortestForm() {
    run("SELECT array(0.1f, -2.5e-3f) AS e", SqlSpec.Format.JSON);

    assertThat(captured.out()).contains("0.1,");
  }

  @Test
  void rowsOfManyPartitionsComeInTheirOrder() {
    run("SELECT id FROM range(0, 1000, 1, 37) ORDER BY id DESC", SqlSpec.Format.JSON);

    List<String> expected =
        IntStream.range(0, 1000).mapToObj(i -> "{\"id\":" + (999 - i) + "}").toList();
    assertThat(captured.outLines()).isEqualTo(expected);
  }

  @Test
  void aTableAlignsItsColumnsAndShortensVectors() {
    run(
        "SELECT * FROM VALUES (1, 'a', array(1f,2f,3f,4f,5f,6f,7f)), (10, 'b\\nc', NULL) AS t(n, s, e)",
        SqlSpec.Format.TABLE);

    assertThat(captured.outLines())
        .containsExactly(
            " n  s     e",
            "--  ----  ---------------------------",
            " 1  a     [1.0, 2.0, 3.0, … 7 values]",
            "10  b\\nc  NULL");
    assertThat(captured.err().strip()).isEqualTo("2 rows");
  }

  @Test
  void structsAndMapsAreShownByName() {
    run("SELECT struct(1 AS a, 'x' AS b) AS s, map('k', 2.5) AS m", SqlSpec.Format.TABLE);

    assertThat(captured.outLines().get(2)).isEqualTo("{a: 1, b: x}  {k: 2.5}");
  }

  @Test
  void aTableLongerThanItsSamplePrintsEveryRow() {
    run("SELECT id FROM range(2500)", SqlSpec.Format.TABLE);

    assertThat(captured.outLines()).hasSize(2502).contains("2499");
  }

  @Test
  void aCommandWithoutRowsPrintsNothing() {
    run("CREATE OR REPLACE TEMP VIEW nothing_to_print AS SELECT 1 AS a", SqlSpec.Format.JSON);

    assertThat(captured.out()).isEmpty();
  }

  @Test
  void jsonOfTwoColumnsOfOneNameIsRefused() {
    String statement = "SELECT 1 AS a, 2 AS b, 3 AS a, 4 AS B";

    assertThatThrownBy(() -> run(statement, SqlSpec.Format.JSON))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("two columns named a")
        .hasMessageContaining("AS");
    assertThat(captured.out()).isEmpty();
    run(statement, SqlSpec.Format.TABLE);
    assertThat(captured.outLines().get(0)).isEqualTo("a  b  a  B");
  }

  @Test
  void aStatementThatIsNoSqlIsOneSentence() {
    assertThatThrownBy(() -> run("SELEC 1", SqlSpec.Format.JSON))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Syntax error")
        .hasMessageNotContaining("\n");
    assertThat(captured.out()).isEmpty();
  }
}
