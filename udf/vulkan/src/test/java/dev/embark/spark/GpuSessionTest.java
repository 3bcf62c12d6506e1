package dev.embark.spark;

import static dev.embark.spark.TestSession.waitFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.embark.spark.models.ExecutorModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Queries whose texts a device of Vulkan computes, with llama.cpp and nothing in its place. */
@ExtendWith(VulkanDevice.class)
class GpuSessionTest {
  private static final String GPU = "map('device', 'gpu')";
  private static final String CPU = "map('device', 'cpu', 'accelerator', 'off')";

  @TempDir static Path dir;
  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[4]");
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @Test
  void tasksThatFeedOneGpuHaveTheVectorsOfTheCpu() {
    List<Row> rows =
        spark
            .sql(
                "SELECT cosine_similarity(embed(t, "
                    + GPU
                    + "), embed(t, "
                    + CPU
                    + ")) FROM (SELECT concat_ws(' ', 'row', id, repeat('of words ', id % 4)) AS t"
                    + " FROM range(0, 24, 1, 8))")
            .collectAsList();
    assertThat(rows)
        .hasSize(24)
        .allSatisfy(row -> assertThat(row.getFloat(0)).isGreaterThan(0.999f));
  }

  @Test
  void aRowThatFailsLeavesItsNeighboursAlone() {
    List<Row> rows =
        spark
            .sql(
                "SELECT id, d.embedding IS NULL, d.error FROM (SELECT id, embed_detail(IF(id = 3,"
                    + " repeat('word ', 600), concat('row ', id)), map('device', 'gpu', 'longText',"
                    + " 'error')) AS d FROM range(0, 6, 1, 2)) ORDER BY id")
            .collectAsList();
    for (Row row : rows) {
      boolean tooLong = row.getLong(0) == 3;
      assertThat(row.getBoolean(1)).isEqualTo(tooLong);
      assertThat(row.isNullAt(2)).isNotEqualTo(tooLong);
    }
  }

  @Test
  void aQueryThatIsCancelledLeavesTheGpuToTheOthers() throws Exception {
    CompletableFuture<Throwable> cancelled =
        TestSession.concurrently(
            () -> {
              spark.sparkContext().setJobGroup("g", "to be cancelled", false);
              return catchThrowable(
                  () ->
                      spark
                          .sql(
                              "SELECT embed(concat(repeat('many words in a row ', 12), id), "
                                  + GPU
                                  + ") FROM range(0, 20000, 1, 2)")
                          .collectAsList());
            });
    waitFor(() -> ExecutorModels.leased() > 0 || cancelled.isDone());
    CompletableFuture<List<Row>> other =
        TestSession.concurrently(
            () ->
                spark
                    .sql("SELECT embed(concat('row ', id), " + GPU + ") FROM range(0, 8, 1, 2)")
                    .collectAsList());
    waitFor(() -> ExecutorModels.leased() > 2 || cancelled.isDone() || other.isDone());
    spark.sparkContext().cancelJobGroup("g");
    assertThat(cancelled.get()).isNotNull().hasMessageContaining("cancelled");
    assertThat(other.get()).hasSize(8).noneMatch(row -> row.isNullAt(0));
    waitFor(() -> ExecutorModels.leased() == 0);
  }

  @Test
  void answersAreThoseOfTheCpu() throws IOException {
    Path model = TinyGenerator.write(dir);
    List<Row> rows =
        spark
            .sql(
                "SELECT generate(p, map('model', '%1$s', 'maxTokens', '8', 'device', 'gpu')),"
                        .formatted(model)
                    + " generate(p, map('model', '%1$s', 'maxTokens', '8', 'device', 'cpu'))"
                        .formatted(model)
                    + " FROM (SELECT concat('prompt ', id) AS p FROM range(0, 6, 1, 2))")
            .collectAsList();
    assertThat(rows).hasSize(6).allSatisfy(row -> assertThat(row.get(0)).isEqualTo(row.get(1)));
  }
}
