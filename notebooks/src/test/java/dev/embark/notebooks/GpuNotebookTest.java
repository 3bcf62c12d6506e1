package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class GpuNotebookTest {
  @RegisterExtension static final Notebook notebook = Notebook.run("05_gpu.sql");

  @Test
  void theDevicesAgree() {
    assertThat(notebook.<Float>column("Both devices agree", "cosine")).containsExactly(1f, 1f);
  }

  @Test
  void everyTextIsEmbeddedAndItsTokensAreCounted() {
    Row row = notebook.rows("Embed them").get(0);

    assertThat(row.<Long>getAs("embedded")).isEqualTo(200);
    assertThat(row.<Long>getAs("tokens")).isGreaterThan(200 * 10);
  }
}
