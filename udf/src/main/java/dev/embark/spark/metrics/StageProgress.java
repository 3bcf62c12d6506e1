package dev.embark.spark.metrics;

import dev.embark.engine.rows.RowCounts;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/**
 * Spark listener that prints the throughput of each stage, for example {@code stage 3: 12,288 rows,
 * 401,223 tokens, 3,050 tokens/s}, at most every ten seconds while the stage runs and once when it
 * ends. The counts arrive with the executors' heartbeats. Called only by Spark's listener thread.
 */
final class StageProgress extends SparkListener {
  private static final long NANOS_BETWEEN_LINES = Duration.ofSeconds(10).toNanos();

  private static final class Stage {
    private final long start = System.nanoTime();
    private final Map<Long, RowCounts> tasks = new HashMap<>(); // by task id
    private long lastLine = start;
  }

  private final RowAccumulators accumulators;
  private final Consumer<String> out;
  private final Map<Integer, Stage> stages = new HashMap<>();

  /**
   * @param out receives each line
   */
  StageProgress(RowAccumulators accumulators, Consumer<String> out) {
    this.accumulators = accumulators;
    this.out = out;
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted event) {
    stages.put(event.stageInfo().stageId(), new Stage());
  }

  @Override
  public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
    event
        .accumUpdates()
        .foreach(
            task -> {
              int stage = (Integer) task._2();
              update(stage, (Long) task._1(), accumulators.of(task._4()));
              Stage running = stages.get(stage);
              if (running != null && System.nanoTime() - running.lastLine > NANOS_BETWEEN_LINES) {
                running.lastLine = System.nanoTime();
                report(stage, running);
              }
              return null;
            });
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    update(
        event.stageId(),
        event.taskInfo().taskId(),
        accumulators.of(event.taskInfo().accumulables()));
  }

  @Override
  public void onStageCompleted(SparkListenerStageCompleted event) {
    Stage stage = stages.remove(event.stageInfo().stageId());
    if (stage != null) {
      report(event.stageInfo().stageId(), stage);
    }
  }

  private void update(int stage, long task, RowCounts counts) {
    if (stages.containsKey(stage) && counts.rows() > 0) {
      stages.get(stage).tasks.put(task, counts);
    }
  }

  private void report(int id, Stage stage) {
    RowCounts counts = stage.tasks.values().stream().reduce(RowCounts.NONE, RowCounts::plus);
    double seconds = (System.nanoTime() - stage.start) / 1e9;
    if (counts.tokens() > 0) {
      out.accept(
          String.format(
              Locale.ROOT,
              "stage %d: %,d rows, %,d tokens, %,.0f tokens/s",
              id,
              counts.rows(),
              counts.tokens(),
              counts.tokens() / seconds));
    }
  }
}
