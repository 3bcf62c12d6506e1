package dev.embark.notebooks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.spark.sql.RowFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("guides")
class IncrementalNotebookTest {
  @RegisterExtension
  static final Notebook notebook =
      Notebook.run(
          "03_incremental.scala",
          Map.of(
              "spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension",
              "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog",
              "spark.databricks.delta.snapshotPartitions", "2"));

  @Test
  void theMergeTouchesOnlyTheNewAndTheRewrittenArticle() {
    Map<String, String> done =
        notebook
            .spark()
            .sql("DESCRIBE HISTORY article_vectors")
            .where("operation = 'MERGE'")
            .orderBy("version")
            .select("operationMetrics")
            .first()
            .getJavaMap(0);

    assertThat(done).containsEntry("numSourceRows", "2");
    assertThat(done).containsEntry("numTargetRowsInserted", "1");
    assertThat(done).containsEntry("numTargetRowsUpdated", "1");
  }

  @Test
  void afterwardsArticlesAndVectorsAgree() {
    assertThat(notebook.rows("Articles and vectors agree"))
        .containsExactly(
            RowFactory.create(1L, true, 384),
            RowFactory.create(2L, true, 384),
            RowFactory.create(4L, true, 384));
  }

  @Test
  void theVectorOfARewrittenArticleIsThatOfItsNewText() {
    assertThat(
            notebook
                .spark()
                .sql(
                    "SELECT cosine_similarity(embedding, embed('Sourdough bread keeps for a week in"
                        + " a linen bag.')) FROM article_vectors WHERE id = 2")
                .first()
                .getFloat(0))
        .isGreaterThan(0.9999f);
  }

  @Test
  void theStreamEmbedsEachMessageOnce() {
    assertThat(notebook.value("embeddedFirst")).isEqualTo(2L);
    assertThat(notebook.value("embeddedThen")).isEqualTo(1L);
    assertThat(notebook.rows("Vectors of the stream"))
        .containsExactly(
            RowFactory.create(1L, 384), RowFactory.create(2L, 384), RowFactory.create(3L, 384));
  }
}
