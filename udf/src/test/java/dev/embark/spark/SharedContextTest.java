package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.llama.NativeHandles;
import dev.embark.spark.models.ExecutorModels;
import dev.embark.store.ModelStore;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/**
 * Compares tasks that share the contexts of their executor with tasks that have separate contexts.
 */
class SharedContextTest {
  private static final int PARTITIONS = 64;
  private static final String QUERY =
      "SELECT id, embed(concat_ws(' ', 'row', id, repeat('of some words ', 1 + id % 7))) AS e"
          + " FROM range(0, 256, 1, "
          + PARTITIONS
          + ")";

  @Test
  void sharedAndSeparateContextsComputeEqualVectors() {
    List<Row> own = run(false);
    List<Row> shared = run(true);
    assertThat(shared).hasSameSizeAs(own);
    for (int i = 0; i < own.size(); i++) {
      assertThat(shared.get(i).getLong(0)).isEqualTo(own.get(i).getLong(0));
      assertThat(cosine(shared.get(i).getList(1), own.get(i).getList(1))).isGreaterThan(0.9999);
    }
  }

  @Test
  void laterApplicationKeepsModelsOnlyIfItsSettingsAreEqual() {
    ModelStore first = embedOne(Map.of());
    try {
      assertThat(NativeHandles.open()).isPositive();
      assertThat(embedOne(Map.of())).isSameAs(first);
      assertThatThrownBy(() -> embedOne(Map.of("spark.embark.memory", "3m")))
          .hasStackTraceContaining("of 3 MB outside the heap are in use");
      assertThat(NativeHandles.open()).as("of earlier applications").isZero();
      assertThatThrownBy(() -> embedOne(Map.of("spark.embark.idleTimeout", "soon")))
          .hasStackTraceContaining("spark.embark.idleTimeout cannot be 'soon'");
      assertThat(embedOne(Map.of())).isNotSameAs(first);
    } finally {
      TestSession.assertNothingIsHeld();
    }
  }

  /**
   * Runs an application and returns its model store; like the end of an application, it does not
   * free models.
   */
  private static ModelStore embedOne(Map<String, String> settings) {
    SparkSession.Builder builder = TestSession.builder("local[1]");
    settings.forEach(builder::config);
    SparkSession spark = builder.getOrCreate();
    try {
      assertThat(spark.sql("SELECT embed('a cat ' || id) FROM range(2)").collectAsList())
          .hasSize(2);
      return ExecutorModels.store();
    } finally {
      spark.stop();
    }
  }

  private static List<Row> run(boolean shared) {
    SparkSession spark =
        TestSession.builder("local[" + (shared ? PARTITIONS : 2) + "]")
            .config("spark.embark.sharedContext", "" + shared)
            .getOrCreate();
    try {
      return spark.sql(QUERY).collectAsList();
    } finally {
      TestSession.stop(spark);
    }
  }

  private static double cosine(List<Float> a, List<Float> b) {
    double dot = 0;
    for (int i = 0; i < a.size(); i++) {
      dot += (double) a.get(i) * b.get(i); // both are unit vectors
    }
    return dot;
  }
}
