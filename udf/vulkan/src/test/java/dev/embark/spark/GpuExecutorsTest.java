package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Executors of their own whose GPU is a device of Vulkan; see {@link GpuSessionTest}. */
@ExtendWith(VulkanDevice.class)
class GpuExecutorsTest {
  private static final String COSINES =
      "SELECT cosine_similarity(embed(t), embed(t, map('device', 'cpu', 'accelerator', 'off')))"
          + " FROM (SELECT concat('row ', id) AS t FROM range(0, 16, 1, 8))";

  @TempDir Path dir;

  @AfterEach
  void forgetHome() {
    GpuCluster.forgetHome();
  }

  /** Each has a context of its own there, which its two tasks feed. */
  @Test
  void twoExecutorsShareAGpu() throws IOException {
    Set<String> executors = ConcurrentHashMap.newKeySet();
    SparkSession spark = start(2, "0");
    try {
      spark
          .sparkContext()
          .addSparkListener(
              new SparkListener() {
                @Override
                public void onTaskEnd(SparkListenerTaskEnd end) {
                  executors.add(end.taskInfo().executorId());
                }
              });
      List<Row> rows = spark.sql(COSINES).collectAsList();
      assertThat(rows)
          .hasSize(16)
          .allSatisfy(row -> assertThat(row.getFloat(0)).isGreaterThan(0.999f));
    } finally {
      spark.stop();
    }
    assertThat(executors).containsExactlyInAnyOrder("0", "1");
  }

  @Test
  void aMissingGpuIsNamedWithTheExistingOnes() throws IOException {
    SparkSession spark = start(1, "7");
    try {
      assertThatThrownBy(() -> spark.sql(COSINES).collectAsList())
          .hasMessageContaining("Spark assigned the GPU '7', but llama.cpp sees [Vulkan0");
    } finally {
      spark.stop();
    }
  }

  private SparkSession start(int executors, String address) throws IOException {
    return GpuCluster.builder(dir, executors, 2, 1, List.of(address))
        .config("spark.task.resource.gpu.amount", "0.5")
        .getOrCreate();
  }
}
