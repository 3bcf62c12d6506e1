package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ScalaNotebookTest {
  @RegisterExtension static final Notebook notebook = Notebook.run("06_scala.scala");

  @Test
  void detailDescribesEachTextAndIsNullForNull() {
    Row[] detail = (Row[]) notebook.value("detail");

    assertThat(detail).hasSize(4);
    assertThat(detail[0]).isEqualTo(RowFactory.create(1, 8, true, null));
    assertThat(detail[3]).isEqualTo(RowFactory.create(4, null, null, null));
  }

  @Test
  void tokensAreSummedOverTheTexts() {
    long bySql =
        notebook
            .spark()
            .sql(
                "SELECT sum(embed_tokens(body)) FROM VALUES"
                    + " ('The harbour freezes over in January.'),"
                    + " ('Ice closes the port every winter.'),"
                    + " ('She learned to play the cello at forty.') AS t(body)")
            .first()
            .getLong(0);

    assertThat(notebook.value("tokens")).isEqualTo(bySql);
  }

  @Test
  void theTextsOnIceAreNearest() {
    assertThat((int[]) notebook.value("nearest")).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void aCallThatIsWrittenTwiceIsComputedOnce() {
    assertThat((String) notebook.value("plan")).containsOnlyOnce("EvalModel");
  }
}
