package dev.embark.spark.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryLimitTest {
  private static final long MB = 1L << 20;
  private static final long GB = 1L << 30;

  @ParameterizedTest
  @ValueSource(strings = {"yarn", "k8s://https://host:443"})
  void containerLimitIsTheOverhead(String master) {
    SparkConf conf = conf(master).set("spark.executor.memoryOverhead", "2g");
    assertThat(limit(conf, 0)).isEqualTo(new MemoryLimit(2 * GB, 4, true));
  }

  @ParameterizedTest
  @CsvSource({"1g, , 384", "8g, , 819", "8g, 0.4, 3276"})
  void unsetOverheadIsSparksDefault(String heap, String factor, long megabytes) {
    SparkConf conf = conf("yarn").set("spark.executor.memory", heap);
    if (factor != null) {
      conf.set("spark.executor.memoryOverheadFactor", factor);
    }
    assertThat(limit(conf, 0).bytes() / MB).isEqualTo(megabytes);
  }

  /** As Spark's BasicExecutorFeatureStep sizes an executor's pod. */
  @ParameterizedTest
  @CsvSource({
    "k8s://https://host:443, 0.4, , 3276",
    "k8s://https://host:443, 0.4, 0.2, 1638",
    "k8s://https://host:443, , 0.2, 1638",
    "yarn, 0.4, , 819"
  })
  void theFactorOfKubernetesCountsThereUnlessTheExecutorsIsSet(
      String master, String ofKubernetes, String ofExecutor, long megabytes) {
    SparkConf conf = conf(master).set("spark.executor.memory", "8g");
    if (ofKubernetes != null) {
      conf.set("spark.kubernetes.memoryOverheadFactor", ofKubernetes);
    }
    if (ofExecutor != null) {
      conf.set("spark.executor.memoryOverheadFactor", ofExecutor);
    }
    assertThat(limit(conf, 0).bytes() / MB).isEqualTo(megabytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"local[2]", "spark://host:7077"})
  void otherwiseLimitIsTheMachinesMemoryOutsideTheHeap(String master) {
    assertThat(limit(conf(master), 0)).isEqualTo(new MemoryLimit(12 * GB, 4, false));
  }

  @Test
  void settingOverridesTheDefault() {
    assertThat(limit(conf("yarn"), 5 * GB).bytes()).isEqualTo(5 * GB);
  }

  @Test
  void refusalNamesASufficientOverhead() {
    MemoryBudget budget = new MemoryBudget(new MemoryLimit(100 * MB, 4, true));
    budget.reserve("The model a.gguf", 60 * MB, 0, () -> false);
    assertThatThrownBy(() -> budget.reserve("The model b.gguf", 41 * MB, 313 * MB, () -> false))
        .isInstanceOfSatisfying(
            EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OUT_OF_MEMORY))
        .hasMessage(
            "The model b.gguf needs 41 MB, but 60 MB of 100 MB outside the heap are in use: start"
                + " the executors with spark.executor.memoryOverhead=313m or more, which is enough"
                + " for 4 tasks at once.");
    assertThat(budget.used()).isEqualTo(60 * MB);
  }

  @Test
  void reclaimsIdleMemoryAndReleasesItOnce() {
    MemoryBudget budget = new MemoryBudget(new MemoryLimit(100 * MB, 1, false));
    MemoryBudget.Reservation idle = budget.reserve("a", 90 * MB, 0, () -> false);
    MemoryBudget.Reservation next =
        budget.reserve(
            "b",
            90 * MB,
            0,
            () -> {
              idle.close();
              return true;
            });
    idle.close();
    assertThat(budget.used()).isEqualTo(90 * MB);
    next.close();
    assertThat(budget.used()).isZero();
  }

  private static SparkConf conf(String master) {
    return new SparkConf(false).set("spark.master", master);
  }

  private static MemoryLimit limit(SparkConf conf, long set) {
    return MemoryLimit.of(conf, set, 16 * GB, 4 * GB, 4);
  }
}
