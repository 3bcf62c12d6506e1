package dev.embark.spark;

import static dev.embark.spark.TestSession.waitFor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.embark.engine.options.EmbedOptions;
import dev.embark.spark.compat.Scala;
import dev.embark.spark.conf.SqlFunction;
import dev.embark.spark.exec.EvalModelExec;
import dev.embark.spark.exec.TaskSettings;
import dev.embark.spark.exec.WindowProcessor;
import dev.embark.spark.metrics.ApplicationProgress;
import dev.embark.spark.metrics.OperatorMetrics;
import dev.embark.spark.models.ExecutorModels;
import dev.embark.spark.rows.TextWindow;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskKilled;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.ArrowUtils;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tasks release their resources however a query ends. */
class LifecycleTest {
  // Two tasks with several thousand texts of about 60 tokens: more than a minute if not cancelled.
  private static final String LONG_QUERY =
      "SELECT id, embed(concat(repeat('many words in a row ', 12), id)) FROM range(0, 20000, 1, 2)";

  private static final Attempts ATTEMPTS = new Attempts();

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = TestSession.start("local[2]");
    spark.sparkContext().addSparkListener(ATTEMPTS);
  }

  @AfterAll
  static void stop() {
    TestSession.stop(spark);
  }

  @AfterEach
  void finishedTasksHoldNoResources() {
    waitFor(() -> ATTEMPTS.ended.containsAll(ATTEMPTS.started));
    TestSession.assertNothingIsHeld();
  }

  @Test
  void cancellingAJobGroupEndsItsTasks() throws Exception {
    CompletableFuture<Throwable> query =
        TestSession.concurrently(
            () -> {
              spark.sparkContext().setJobGroup("g", "to be cancelled", false);
              return catchThrowable(() -> spark.sql(LONG_QUERY).collectAsList());
            });
    waitFor(() -> ExecutorModels.leased() > 0 || query.isDone());
    spark.sparkContext().cancelJobGroup("g");
    assertThat(query.get()).isNotNull().hasMessageContaining("cancelled");
  }

  @Test
  void cancellingAColumnarJobEndsItsTasks(@TempDir Path dir) throws Exception {
    String texts = dir.resolve("texts").toString();
    spark.sql(LONG_QUERY.replace("embed(", "(")).toDF("id", "text").write().parquet(texts);
    SparkPlan plan =
        ColumnarTest.columnar(
            ColumnarTest.operator(
                spark.read().parquet(texts).selectExpr("id", "embed(text) AS e")));
    assertThat(plan).isInstanceOf(EvalModelExec.class);
    CompletableFuture<Throwable> query =
        TestSession.concurrently(
            () -> {
              spark.sparkContext().setJobGroup("c", "to be cancelled", false);
              return catchThrowable(() -> plan.executeColumnar().count());
            });
    waitFor(() -> ExecutorModels.leased() > 0 || query.isDone());
    spark.sparkContext().cancelJobGroup("c");
    assertThat(query.get()).isNotNull().hasMessageContaining("cancelled");
  }

  @Test
  void cancellingEmbedColumnEndsItsTasks() throws Exception {
    Dataset<Row> texts = spark.sql(LONG_QUERY.replace("embed(", "(") + "").toDF("id", "t");
    CompletableFuture<Throwable> query =
        TestSession.concurrently(
            () -> {
              spark.sparkContext().setJobGroup("m", "to be cancelled", false);
              return catchThrowable(
                  () -> Embark.embedColumn(texts, "t", "e", Map.of()).collectAsList());
            });
    waitFor(() -> ExecutorModels.leased() > 0 || query.isDone());
    spark.sparkContext().cancelJobGroup("m");
    assertThat(query.get()).isNotNull().hasMessageContaining("cancelled");
  }

  @Test
  void cancellingALambdaEndsItsTasks() throws Exception {
    CompletableFuture<Throwable> query =
        TestSession.concurrently(
            () -> {
              spark.sparkContext().setJobGroup("l", "to be cancelled", false);
              return catchThrowable(
                  () ->
                      spark
                          .sql(
                              "SELECT transform(sequence(0, 20000), i -> embed(concat(repeat('many"
                                  + " words in a row ', 12), i)))")
                          .collectAsList());
            });
    waitFor(() -> ExecutorModels.leased() > 0 || query.isDone());
    spark.sparkContext().cancelJobGroup("l");
    assertThat(query.get()).isNotNull().hasMessageContaining("cancelled");
  }

  @Test
  void taskKilledWithinABatchHoldsNoResourcesAndIsRetried() throws Exception {
    int before = ATTEMPTS.started.size();
    CompletableFuture<Throwable> query =
        TestSession.concurrently(
            () -> {
              spark.sparkContext().setJobGroup("k", "to be killed", false);
              return catchThrowable(() -> spark.sql(LONG_QUERY).collectAsList());
            });
    waitFor(() -> ArrowUtils.rootAllocator().getAllocatedMemory() > 0 || query.isDone());
    waitFor(() -> ATTEMPTS.started.size() > before);
    List<Long> first = List.copyOf(ATTEMPTS.started.subList(before, ATTEMPTS.started.size()));
    first.forEach(task -> spark.sparkContext().killTaskAttempt(task, false, "killed on purpose"));
    waitFor(
        () ->
            ATTEMPTS.killed.containsAll(first) && ATTEMPTS.started.size() > before + first.size());
    spark.sparkContext().cancelJobGroup("k");
    assertThat(query.get()).isNotNull().hasMessageContaining("cancelled");
  }

  /** Task attempts by id. */
  private static final class Attempts extends SparkListener {
    private final List<Long> started = new CopyOnWriteArrayList<>();
    private final List<Long> ended = new CopyOnWriteArrayList<>();
    private final List<Long> killed = new CopyOnWriteArrayList<>();

    @Override
    public void onTaskStart(SparkListenerTaskStart start) {
      started.add(start.taskInfo().taskId());
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      if (end.reason() instanceof TaskKilled) {
        killed.add(end.taskInfo().taskId());
      }
      ended.add(end.taskInfo().taskId());
    }
  }

  @Test
  void interruptedTaskEnds() throws Exception {
    CompletableFuture<Throwable> query =
        TestSession.concurrently(
            () -> {
              spark.sparkContext().setJobGroup("i", "to be interrupted", true);
              return catchThrowable(() -> spark.sql(LONG_QUERY).collectAsList());
            });
    waitFor(() -> ExecutorModels.leased() > 0 || query.isDone());
    spark.sparkContext().cancelJobGroup("i");
    assertThat(query.get()).isNotNull();
  }

  @Test
  void readingFromAnEndedTaskFails() {
    EmbedOptions options = EmbedOptions.defaults();
    TaskSettings settings =
        TaskSettings.of(
            spark.sparkContext(),
            options,
            List.of(SqlFunction.EMBEDDING),
            OperatorMetrics.of(spark.sparkContext(), options));
    Function<Integer, List<String>> read =
        ignored -> {
          WindowProcessor processor = settings.open();
          TextWindow window = new TextWindow();
          window.add(new byte[] {'a'});
          processor.embed(window);
          assertThat(processor.values(0)).hasSize(1).doesNotContainNull();
          assertThat(processor.rowBytes()).isEqualTo(384 * 4);
          processor.close();
          return Stream.<ThrowingCallable>of(
                  () -> processor.values(0),
                  processor::rowBytes,
                  processor::vector,
                  () -> processor.embed(window))
              .map(late -> String.valueOf(catchThrowable(late)))
              .toList();
        };
    List<String> refusals =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .parallelize(List.of(1), 1)
            .map(read)
            .first();
    assertThat(refusals).hasSize(4).allMatch(late -> late.contains("The task has ended"));
  }

  @Test
  void failedTaskEndsItsSiblings() {
    assertThatThrownBy(
            () ->
                spark
                    .sql(
                        "SELECT embed(IF(id = 19999, raise_error('on purpose'), concat(repeat('many"
                            + " words in a row ', 12), id))) FROM range(19900, 39900, 1, 2)")
                    .collectAsList())
        .hasStackTraceContaining("on purpose");
  }

  @Test
  void queryThatStopsEarlyReturnsItsEngine() {
    assertThat(
            spark
                .sql(
                    "SELECT e[0] FROM (SELECT embed(concat('t ', id)) AS e FROM range(5000))"
                        + " WHERE e[0] > -2 LIMIT 3")
                .collectAsList())
        .hasSize(3);
  }

  @Test
  void lostShuffleIsRecomputedWithTheSameRows() throws Exception {
    spark.conf().set("spark.sql.autoBroadcastJoinThreshold", "-1");
    spark.conf().set("spark.sql.adaptive.enabled", "false");
    Dataset<Row> pairs =
        spark.sql(
            "SELECT a.id, b.id, embed(concat('text ', a.id))[0] AS v"
                + " FROM range(0, 9, 1, 3) a CROSS JOIN range(0, 7, 1, 3) b");
    List<Row> expected = pairs.collectAsList();
    long before = ApplicationProgress.of(spark).ended().rows();
    for (File file : Scala.list(SparkEnv.get().blockManager().diskBlockManager().getAllFiles())) {
      if (file.getName().startsWith("shuffle_")) {
        Files.deleteIfExists(file.toPath());
      }
    }
    // Spark logs each missing block from here on.
    spark.sparkContext().setLogLevel("OFF");

    List<Row> again = pairs.collectAsList();

    spark.sparkContext().setLogLevel("WARN");
    assertThat(again).hasSize(9 * 7).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(ApplicationProgress.of(spark).ended().rows() - before).isPositive();
    spark.conf().unset("spark.sql.autoBroadcastJoinThreshold");
    spark.conf().unset("spark.sql.adaptive.enabled");
  }

  @Test
  void cachedResultIsNotRecomputed() {
    Dataset<Row> cached =
        spark.sql("SELECT id, embed(concat('t ', id)) AS e FROM range(0, 30, 1, 2)").cache();
    long before = ApplicationProgress.of(spark).ended().rows();
    assertThat(cached.count()).isEqualTo(30);
    assertThat(cached.filter("e[0] > -2").count()).isEqualTo(30);
    assertThat(ApplicationProgress.of(spark).ended().rows() - before).isEqualTo(30);
    cached.unpersist(true);
  }

  @Test
  void streamResumesAfterARestart(@TempDir Path dir) throws Exception {
    String in = dir.resolve("in").toString();
    String out = dir.resolve("out").toString();
    for (int round = 1; round <= 2; round++) {
      spark
          .range(round * 10L, round * 10L + 5)
          .selectExpr("id", "concat('text ', id) AS body")
          .write()
          .mode("append")
          .parquet(in);
      StreamingQuery query =
          spark
              .readStream()
              .schema(StructType.fromDDL("id BIGINT, body STRING"))
              .parquet(in)
              .selectExpr("id", "embed(body) AS e")
              .writeStream()
              .format("parquet")
              .option("checkpointLocation", dir.resolve("checkpoint").toString())
              .option("path", out)
              .trigger(Trigger.AvailableNow())
              .start();
      query.awaitTermination();
    }
    List<Row> rows =
        spark.read().parquet(out).selectExpr("id", "size(e)").orderBy("id").collectAsList();
    assertThat(rows)
        .extracting(row -> row.getLong(0))
        .containsExactly(10L, 11L, 12L, 13L, 14L, 20L, 21L, 22L, 23L, 24L);
    assertThat(rows).allMatch(row -> row.getInt(1) == 384);
  }
}
