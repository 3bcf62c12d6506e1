package dev.embark.job.sink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.job.LocalSpark;
import dev.embark.job.Runs;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.state.Manifest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A wave is published once in a table, even if two processes both attempt it. */
@EnabledIf("dev.embark.job.LocalSpark#hasTables")
class TableSinkTest {
  private static final String COLUMNS =
      "SELECT id, concat('text ', id) AS text, array(CAST(id AS FLOAT)) AS embedding FROM ";

  private static AtomicBoolean isFirst;
  private static CountDownLatch begun;
  private static CountDownLatch goesOn;

  @TempDir private Path folder;

  /** Suspends a process within its commit, after it has checked the lease and the history. */
  private static Dataset<Row> standingStill(Dataset<Row> rows) {
    isFirst = new AtomicBoolean(true);
    begun = new CountDownLatch(1);
    goesOn = new CountDownLatch(1);
    return rows.coalesce(1)
        .filter(
            (FilterFunction<Row>)
                row -> {
                  // A single task, because the statement reads its rows twice and there are only
                  // two cores.
                  if (isFirst.getAndSet(false)) {
                    begun.countDown();
                    goesOn.await();
                  }
                  return true;
                });
  }

  private Sink.Commit commit(Manifest.Kind kind, int wave, Dataset<Row> rows) {
    Manifest.Run run =
        new Manifest.Run(
            "r", 2, "text", "embedding", "f", null, kind, null, false, null, null, null);
    return new Sink.Commit(run, wave, rows, "text", List.of(), null);
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({"iceberg, APPEND", "iceberg, MERGE", "delta, APPEND", "delta, MERGE"})
  void aProcessSuspendedWithinACommitDoesNotRepeatTheCommitOfAnother(
      String format, Manifest.Kind kind) throws Exception {
    Runs runs = new Runs(folder, format);
    JobSpec spec = runs.spec(null, "--query=" + COLUMNS + "range(2)", "--id-column=id");
    SparkSession[] sessions = {
      LocalSpark.session().newSession(), LocalSpark.session().newSession()
    };
    Sink paused = Sink.of(sessions[0], spec);
    Sink other = Sink.of(sessions[1], spec);
    Dataset<Row> there = sessions[0].sql(COLUMNS + "range(3)");
    paused.open(there.schema());
    paused.publish(commit(Manifest.Kind.APPEND, 0, there));
    String added = COLUMNS + "range(3, 6)";
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Dataset<Row> slow = standingStill(sessions[0].sql(added));
      Future<?> late = thread.submit(() -> paused.publish(commit(kind, 1, slow)));
      begun.await();
      other.publish(commit(kind, 1, sessions[1].sql(added)));
      goesOn.countDown();
      // The format rejects the duplicate, which is then found in the history.
      late.get();
    } finally {
      goesOn.countDown();
      thread.shutdownNow();
    }

    assertThat(runs.vectors()).hasSize(6);
    paused.publish(commit(kind, 1, sessions[0].sql(added)));
    assertThat(runs.vectors()).hasSize(6);
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({"iceberg, APPEND", "iceberg, MERGE", "delta, APPEND", "delta, MERGE"})
  void aWaveGetsInThoughOthersAddRowsMeanwhile(String format, Manifest.Kind kind) throws Exception {
    Runs runs = new Runs(folder, format);
    JobSpec spec = runs.spec(null, "--query=" + COLUMNS + "range(2)", "--id-column=id");
    SparkSession spark = LocalSpark.session().newSession();
    Sink sink = Sink.of(spark, spec);
    Dataset<Row> there = spark.sql(COLUMNS + "range(3)");
    sink.open(there.schema());
    sink.publish(commit(Manifest.Kind.APPEND, 0, there));
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Dataset<Row> slow = standingStill(spark.sql(COLUMNS + "range(3, 6)"));
      Future<?> wave = thread.submit(() -> sink.publish(commit(kind, 1, slow)));
      begun.await();
      LocalSpark.session()
          .newSession()
          .sql("INSERT INTO " + runs.table() + " " + COLUMNS + "range(6, 8)");
      goesOn.countDown();
      wave.get();
    } finally {
      goesOn.countDown();
      thread.shutdownNow();
    }

    assertThat(runs.vectors()).hasSize(8);
  }

  @Test
  void addedRowsAreAnAppendInTheHistoryOfAnIcebergTable() {
    Runs runs = new Runs(folder, "iceberg");

    runs.run(null, "--query=SELECT id, 'a' AS text FROM range(4)", "--rows-per-wave=2");

    assertThat(
            LocalSpark.session()
                .sql("SELECT DISTINCT operation FROM " + runs.output() + ".snapshots")
                .collectAsList())
        .extracting(row -> row.getString(0))
        .containsExactly("append");
  }
}
