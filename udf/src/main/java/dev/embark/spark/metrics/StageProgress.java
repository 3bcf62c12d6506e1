package dev.embark.spark.metrics;

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
    private final Map<Long, Counts> tasks = new HashMap<>(); // by task id
    private long lastLine = start;
  }

  private record Counts(long rows, long tokens) {}

  private final long rowsId;
  private final long tokensId;
  private final Consumer<String> out;
  private final Map<Integer, Stage> stages = new HashMap<>();

  /**
   * @param out receives each line
   */
  StageProgress(ApplicationProgress.Totals totals, Consumer<String> out) {
    this.rowsId = totals.rows().id();
    this.tokensId = totals.tokens().id();
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
              update(stage, (Long) task._1(), ApplicationProgress.updates(task._4()));
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
        ApplicationProgress.updates(event.taskInfo().accumulables()));
  }

  @Override
  public void onStageCompleted(SparkListenerStageCompleted event) {
    Stage stage = stages.remove(event.stageInfo().stageId());
    if (stage != null) {
      report(event.stageInfo().stageId(), stage);
    }
  }

  private void update(int stage, long task, Map<Long, Long> counters) {
    if (stages.containsKey(stage) && counters.containsKey(tokensId)) {
      stages
          .get(stage)
          .tasks
          .put(task, new Counts(counters.getOrDefault(rowsId, 0L), counters.get(tokensId)));
    }
  }

  private void report(int id, Stage stage) {
    long rows = stage.tasks.values().stream().mapToLong(Counts::rows).sum();
    long tokens = stage.tasks.values().stream().mapToLong(Counts::tokens).sum();
    double seconds = (System.nanoTime() - stage.start) / 1e9;
    if (tokens > 0) {
      out.accept(
          String.format(
              Locale.ROOT,
              "stage %d: %,d rows, %,d tokens, %,.0f tokens/s",
              id,
              rows,
              tokens,
              tokens / seconds));
    }
  }
}
