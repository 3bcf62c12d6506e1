package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class GpuNotebookTest {
  private static Notebook notebook;

  @BeforeAll
  static void run() throws IOException {
    notebook = Notebook.run("05_gpu.sql", Map.of());
  }

  @AfterAll
  static void close() throws IOException {
    if (notebook != null) {
      notebook.close();
    }
  }

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
