package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.imports.TinyFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Runs the notebook with a reranker of random weights, which finds no particular passages. */
class RetrievalNotebookTest {
  @RegisterExtension
  static final Notebook notebook =
      Notebook.run("09_retrieval.py", Map.of("spark.embark.rerank.model", reranker()));

  private static String reranker() {
    try {
      Path folder = Path.of("target", "reranker").toAbsolutePath();
      FileUtils.deleteDirectory(folder.toFile());
      return TinyFolder.reranker(Files.createDirectories(folder)).root().toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void theTextHasTheFiguresOfTheChunks() {
    Row row = notebook.rows("How many chunks").get(0);

    assertThat(row.getLong(0)).isEqualTo(10);
    assertThat(row.<Integer>getAs("most")).isLessThanOrEqualTo(64);
    assertThat(text())
        .contains(
            "%d chunks of %d to %d tokens".formatted(row.getLong(1), row.getInt(2), row.getInt(3)));
  }

  @Test
  void theTextHasTheNearestChunkOfEachQuestion() {
    List<Row> rows = notebook.rows("The nearest chunk of each question");

    assertThat(rows)
        .extracting(row -> row.<String>getAs("topic"))
        .containsExactly("gardening", "personal finance", "astronomy");
    for (Row row : rows) {
      assertThat(text())
          .contains("| %s | %s | %.3f |".formatted(row.get(0), row.get(1), row.getFloat(3)));
    }
  }

  @Test
  void theBestThreeOfTheTwentyHaveTheHighestScores() {
    List<Row> all =
        notebook
            .spark()
            .sql("SELECT id, rerank(question, passage) AS relevance FROM candidates")
            .collectAsList();
    assertThat(all).hasSize(60);

    List<Row> best = notebook.rows("The best three by SQL");
    assertThat(best).hasSize(9);
    for (long id = 1; id <= 3; id++) {
      assertThat(relevances(best, id)).isEqualTo(relevances(all, id).subList(0, 3));
    }
  }

  private static List<Float> relevances(List<Row> rows, long id) {
    return rows.stream()
        .filter(row -> row.<Long>getAs("id") == id)
        .map(row -> row.<Float>getAs("relevance"))
        .sorted((a, b) -> Float.compare(b, a))
        .toList();
  }

  private static String text() {
    return notebook.source().cells(Language.MD).stream()
        .map(cell -> cell.text())
        .collect(Collectors.joining("\n"));
  }
}
