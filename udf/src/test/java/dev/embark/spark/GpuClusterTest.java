package dev.embark.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.WeightsCache;
import dev.embark.spark.models.ExecutorModels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Task placement on a local cluster whose discovery script reports two GPUs. */
@Tag("clusters")
class GpuClusterTest {
  private static final String RECORDS = "spark.test.records";

  @TempDir Path dir;

  /** Provides two GPUs to executors and records which device each model is loaded on. */
  public static final class TwoGpus implements SparkPlugin {
    @Override
    public DriverPlugin driverPlugin() {
      return null;
    }

    @Override
    public ExecutorPlugin executorPlugin() {
      return new ExecutorPlugin() {
        @Override
        public void init(PluginContext context, Map<String, String> extraConf) {
          Path records = Path.of(context.conf().get(RECORDS));
          ExecutorModels.use(
              new FakeHardware(2) {
                @Override
                public LlamaModel load(Path file, ModelOptions options, WeightsCache weights) {
                  TaskContext task = TaskContext.get();
                  String given =
                      task == null
                          ? "executor " + context.resources().get("gpu").addresses()[0]
                          : "task " + task.resourcesJMap().get("gpu").addresses()[0];
                  append(records, given + " loads on " + options.device());
                  return super.load(file, options, weights);
                }
              });
        }
      };
    }
  }

  private static void append(Path records, String line) {
    try {
      Files.writeString(
          records.resolve(SparkEnv.get().executorId()),
          line + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void forgetHome() {
    GpuCluster.forgetHome();
  }

  @Test
  void eachTaskUsesItsAssignedGpu() throws IOException {
    Path records = Files.createDirectory(dir.resolve("records"));
    SparkSession spark = start(1, 2, 2, "", records);
    try {
      embed(spark);
    } finally {
      spark.stop();
    }
    assertThat(Files.readAllLines(records.resolve("0")))
        .containsExactlyInAnyOrder(
            "task 0 loads on " + FakeHardware.FIRST_INDEX,
            "task 1 loads on " + (FakeHardware.FIRST_INDEX + 1));
  }

  @Test
  void executorsLoadWarmModelsOnTheirOwnGpuBeforeTheFirstTask() throws IOException {
    Path records = Files.createDirectory(dir.resolve("records"));
    SparkSession spark = start(2, 1, 1, "default", records);
    try {
      embed(spark);
    } finally {
      spark.stop();
    }
    for (String executor : List.of("0", "1")) {
      // The worker assigned one GPU to each executor, and the task's first lease found the model
      // there.
      assertThat(Files.readAllLines(records.resolve(executor)))
          .singleElement()
          .asString()
          .isIn(
              "executor 0 loads on " + FakeHardware.FIRST_INDEX,
              "executor 1 loads on " + (FakeHardware.FIRST_INDEX + 1));
    }
  }

  private static void embed(SparkSession spark) {
    assertThat(
            spark
                .sql("SELECT embed(concat('text ', id))[0] FROM range(0, 8, 1, 4)")
                .collectAsList())
        .hasSize(8)
        .noneMatch(row -> row.isNullAt(0));
  }

  private SparkSession start(int executors, int cores, int gpus, String warm, Path records)
      throws IOException {
    return GpuCluster.builder(dir, executors, cores, gpus, List.of("0", "1"))
        .config("spark.task.resource.gpu.amount", "1")
        .config("spark.plugins", TwoGpus.class.getName() + "," + EmbarkPlugin.class.getName())
        .config("spark.embark.warm", warm)
        .config(RECORDS, records.toString())
        .getOrCreate();
  }
}
