package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.cli.UserError;
import dev.embark.job.run.JobResult;
import dev.embark.job.run.Termination;
import dev.embark.job.sink.Sink;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same command resumes a run that was interrupted at any point: no row is lost or duplicated.
 */
class ResumeTest {
  private static final String CHECKPOINT_EVERY =
      "spark.databricks.delta.properties.defaults.checkpointInterval";
  private static final int ROWS = 30;
  private static final Offset<Float> SAME = Offset.offset(1e-5f);

  @TempDir private Path folder;

  private final Map<Integer, String> texts = new TreeMap<>();

  @BeforeEach
  void makeTexts() {
    for (int i = 0; i < ROWS; i++) {
      texts.put(i, "text number " + i);
    }
  }

  static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** A moment in the commit of a wave. */
  enum Moment {
    BEFORE_PREPARE,
    AFTER_PREPARE,
    BEFORE_PUBLISH,
    WITHIN_PUBLISH,
    AFTER_PUBLISH
  }

  /** Crashes at a given moment of the second wave. */
  static final class CrashingSink extends ForwardingSink {
    private final Moment moment;

    CrashingSink(Sink sink, Moment moment) {
      super(sink);
      this.moment = moment;
    }

    @Override
    public void prepare(Commit commit) {
      crashAt(Moment.BEFORE_PREPARE, commit);
      super.prepare(commit);
      crashAt(Moment.AFTER_PREPARE, commit);
    }

    @Override
    public boolean publish(Commit commit) {
      crashAt(Moment.BEFORE_PUBLISH, commit);
      if (moment == Moment.WITHIN_PUBLISH && commit.wave() == 1) {
        moveOneFile(commit);
        throw new Crash();
      }
      boolean isPublished = super.publish(commit);
      crashAt(Moment.AFTER_PUBLISH, commit);
      return isPublished;
    }

    private void crashAt(Moment now, Commit commit) {
      if (now == moment && commit.wave() == 1) {
        throw new Crash();
      }
    }

    private void moveOneFile(Commit commit) {
      Path prepared = Path.of(commit.folder().toUri().getPath(), "output");
      try (var files = Files.newDirectoryStream(prepared, "part-*")) {
        Path file = files.iterator().next();
        String name = commit.run().id() + "-" + commit.wave() + "-" + file.getFileName();
        Files.move(file, Path.of(location().replaceFirst("^file:", ""), name));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void crashAndResume(String format, Moment moment) throws IOException {
    Assumptions.assumeTrue(format.equals("parquet") || LocalSpark.hasTables());
    Runs runs = new Runs(folder, format);
    String[] options = {"--id-column=id", "--rows-per-wave=10", "--repartition=2"};
    String input = runs.json("in.json", texts);

    runs.sink = sink -> new CrashingSink(sink, moment);
    assertThatThrownBy(() -> runs.run(input, options)).hasRootCauseInstanceOf(Crash.class);
    runs.sink = sink -> sink;
    // The resumed run reads its own copy of the input.
    Files.delete(Path.of(input));
    JobResult result = runs.run(input, options);

    boolean repeatsTheWave = moment == Moment.BEFORE_PREPARE || moment == Moment.AFTER_PREPARE;
    assertThat(runs.events)
        .containsExactlyElementsOf(
            repeatsTheWave
                ? List.of(
                    "planned 3",
                    "started 0",
                    "committed 0",
                    "started 1",
                    "ended early FAILED",
                    "planned 3",
                    "started 1",
                    "committed 1",
                    "started 2",
                    "committed 2",
                    "finished")
                : List.of(
                    "planned 3",
                    "started 0",
                    "committed 0",
                    "started 1",
                    "ended early FAILED",
                    "planned 3",
                    "committed 1",
                    "started 2",
                    "committed 2",
                    "finished"));
    assertThat(result.counts().rows()).isEqualTo(ROWS);
    assertSameAsUndisturbed(runs);
  }

  private void assertSameAsUndisturbed(Runs runs) throws IOException {
    Runs calm = new Runs(Files.createDirectory(folder.resolve("calm")), "parquet");
    calm.run(calm.json("in.json", texts), "--id-column=id");
    Map<Integer, List<Float>> expected = calm.vectors();
    Map<Integer, List<Float>> actual = runs.vectors();
    assertThat(actual.keySet()).isEqualTo(expected.keySet()).hasSize(ROWS);
    expected.forEach(
        (id, vector) -> {
          for (int i = 0; i < vector.size(); i++) {
            assertThat(actual.get(id).get(i)).as("id %d", id).isCloseTo(vector.get(i), SAME);
          }
        });
  }

  @Test
  void everyIdIsThereOnceAfterACrashInTheMiddleOfACommit() throws IOException {
    crashAndResume("parquet", Moment.WITHIN_PUBLISH);
  }

  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "parquet, AFTER_PREPARE",
    "parquet, BEFORE_PUBLISH",
    "parquet, WITHIN_PUBLISH",
    "parquet, AFTER_PUBLISH",
    "delta, BEFORE_PREPARE",
    "delta, BEFORE_PUBLISH",
    "delta, AFTER_PUBLISH",
    "iceberg, BEFORE_PUBLISH",
    "iceberg, AFTER_PUBLISH"
  })
  void everyIdIsThereOnceAfterACrash(String format, Moment moment) throws IOException {
    crashAndResume(format, moment);
  }

  /**
   * Simulates table maintenance that expires history between a commit and its record in the
   * manifest.
   */
  @Tag("stores")
  @ParameterizedTest
  @CsvSource({
    "iceberg, AFTER_PUBLISH, --id-column=id",
    "iceberg, AFTER_PUBLISH, --max-failed=100%",
    "iceberg, BEFORE_PUBLISH, --id-column=id",
    "iceberg, BEFORE_PUBLISH, --max-failed=100%",
    "compacted iceberg, AFTER_PUBLISH, --id-column=id",
    "compacted iceberg, AFTER_PUBLISH, --max-failed=100%",
    "compacted iceberg, BEFORE_PUBLISH, --max-failed=100%",
    "delta, AFTER_PUBLISH, --max-failed=100%",
    "delta, BEFORE_PUBLISH, --id-column=id",
  })
  void everyIdIsThereOnceThoughTheHistoryOfTheTableIsGone(
      String table, Moment moment, String option) throws IOException {
    Assumptions.assumeTrue(LocalSpark.hasTables());
    String format = table.replace("compacted ", "");
    Runs runs = new Runs(folder, format);
    String[] options = {option, "--rows-per-wave=10"};
    String input = runs.json("in.json", texts);
    org.apache.spark.sql.SparkSession spark = LocalSpark.session();
    runs.sink = sink -> new CrashingSink(sink, moment);
    spark.conf().set(CHECKPOINT_EVERY, 1);
    assertThatThrownBy(() -> runs.run(input, options)).hasRootCauseInstanceOf(Crash.class);
    spark.conf().unset(CHECKPOINT_EVERY);
    runs.sink = sink -> sink;
    spark.sql(
        "INSERT INTO %1$s SELECT 1000, 'more', embedding FROM %1$s LIMIT 1"
            .formatted(runs.table()));
    if (!table.equals(format)) {
      spark.sql(
          "CALL lake.system.rewrite_data_files(table => '%s', options => map('rewrite-all', 'true'))"
              .formatted(runs.table().replace("lake.", "")));
    }
    forgetHistory(runs, format);

    runs.run(input, options);

    assertThat(runs.vectors()).hasSize(ROWS + 1);
  }

  private static void forgetHistory(Runs runs, String format) throws IOException {
    org.apache.spark.sql.SparkSession spark = LocalSpark.session();
    if (format.equals("iceberg")) {
      spark.sql(
          "CALL lake.system.expire_snapshots(table => '%s', retain_last => 1, older_than => TIMESTAMP'2999-01-01 00:00:00')"
              .formatted(runs.table().replace("lake.", "")));
      assertThat(spark.sql("SELECT * FROM " + runs.table() + ".snapshots").count()).isEqualTo(1);
      return;
    }
    Path log = Path.of(runs.output(), "_delta_log");
    assertThat(log.resolve("_last_checkpoint")).exists();
    try (var files = Files.newDirectoryStream(log, "*.json")) {
      List<Path> commits = new ArrayList<>();
      files.forEach(commits::add);
      commits.sort(null);
      for (Path commit : commits.subList(0, commits.size() - 1)) {
        Files.delete(commit);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"BEFORE_PUBLISH", "AFTER_PREPARE"})
  void aWaveThatIsNotCommittedIsNotSeen(Moment moment) throws IOException {
    Runs runs = new Runs(folder, "parquet");
    runs.sink = sink -> new CrashingSink(sink, moment);

    assertThatThrownBy(
            () -> runs.run(runs.json("in.json", texts), "--rows-per-wave=10", "--id-column=id"))
        .hasRootCauseInstanceOf(Crash.class);

    assertThat(runs.written().count()).isEqualTo(10);
  }

  @Test
  void anotherCommandDoesNotCarryOnAnInterruptedOne() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    String input = runs.json("in.json", texts);
    runs.sink = sink -> new CrashingSink(sink, Moment.AFTER_PUBLISH);
    assertThatThrownBy(() -> runs.run(input, "--rows-per-wave=10"))
        .hasRootCauseInstanceOf(Crash.class);
    runs.sink = sink -> sink;

    assertThatThrownBy(() -> runs.run(input, "--prefix=query: "))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("interrupted")
        .hasMessageContaining("--save-mode overwrite");
    runs.run(input, "--prefix=query: ", "--save-mode=overwrite");
    assertThat(runs.vectors()).hasSize(ROWS);
  }

  private static final class Interruption extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Interrupts a run before its first wave is computed. */
  private static void interruptAtOnce(Runs runs, String input, String... options) {
    runs.atWaveStart =
        () -> {
          throw new Interruption();
        };
    assertThatThrownBy(() -> runs.run(input, options)).hasRootCauseInstanceOf(Interruption.class);
    runs.atWaveStart = () -> {};
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta", "iceberg"})
  void aRunOfAnotherCommandThatHadWrittenNothingIsGivenUp(String format) throws IOException {
    Assumptions.assumeTrue(format.equals("parquet") || LocalSpark.hasTables());
    Runs runs = new Runs(folder, format);
    String input = runs.json("in.json", texts);
    interruptAtOnce(runs, input, "--embedding-column=other", "--output-option=compression=gzip");

    runs.run(input, "--dimensions=16", "--id-column=id");

    assertThat(runs.vectors()).hasSize(ROWS).allSatisfy((id, v) -> assertThat(v).hasSize(16));
    assertThat(runs.written().columns()).doesNotContain("other");
    assertThat(runs.captured.err())
        .containsOnlyOnce("had written nothing to")
        .contains(runs.output());
  }

  @Test
  void aDiscardedRunKeepsNoCopy() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    String input = runs.json("in.json", texts);
    interruptAtOnce(runs, input);
    List<Path> copies = new ArrayList<>();
    runs.atWaveStart = () -> copies.addAll(copies(runs));

    runs.run(input, "--dimensions=16");

    assertThat(copies).hasSize(1);
  }

  private static List<Path> copies(Runs runs) {
    try (var files = Files.newDirectoryStream(runs.state(), "run-*")) {
      List<Path> found = new ArrayList<>();
      files.forEach(found::add);
      return found;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"parquet", "iceberg"})
  void whatWasToBeReplacedIsKnownStillWhenTheRunIsGivenUp(String format) throws IOException {
    Assumptions.assumeTrue(format.equals("parquet") || LocalSpark.hasTables());
    Runs runs = new Runs(folder, format);
    String input = runs.json("in.json", texts);
    runs.run(input, "--id-column=id");
    interruptAtOnce(runs, input, "--id-column=id", "--dimensions=16", "--save-mode=overwrite");

    assertThatThrownBy(() -> runs.run(input, "--id-column=id"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("There is something at");
    assertThatThrownBy(
            () -> runs.run(input, "--id-column=id", "--dimensions=8", "--save-mode=append"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("dimensions is 8 here and unset there");
    JobResult again = runs.run(input, "--id-column=id", "--save-mode=append");

    assertThat(again.plan().input().skipped()).isEqualTo(ROWS);
    assertThat(runs.vectors()).hasSize(ROWS);
  }

  /** Otherwise the rows that the first run lost could never be added. */
  @Test
  void anInterruptedReplacementOfAnIncompleteRunRefusesAppend() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    String input = runs.json("in.json", texts);
    runs.sink = sink -> new CrashingSink(sink, Moment.AFTER_PUBLISH);
    assertThatThrownBy(() -> runs.run(input, "--id-column=id", "--rows-per-wave=10"))
        .hasRootCauseInstanceOf(Crash.class);
    runs.sink = sink -> sink;
    interruptAtOnce(runs, input, "--id-column=id", "--dimensions=16", "--save-mode=overwrite");

    assertThatThrownBy(() -> runs.run(input, "--id-column=id", "--save-mode=append"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("holds an incomplete run")
        .hasMessageContaining("--save-mode overwrite");
    runs.run(input, "--id-column=id", "--save-mode=overwrite");

    assertThat(runs.vectors()).hasSize(ROWS);
  }

  @Tag("stores")
  @Test
  void anInterruptedReplacementIsNotCarriedOnByTheSameCommandThatAdds() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    runs.run(runs.json("in.json", texts), "--id-column=id");
    String more = runs.json("more.json", Map.of(101, "more", 102, "yet more"));
    interruptAtOnce(runs, more, "--id-column=id", "--save-mode=overwrite");

    runs.run(more, "--id-column=id", "--save-mode=append");

    assertThat(runs.vectors()).hasSize(ROWS + 2);
  }

  @Tag("stores")
  @Test
  void anInterruptedAdditionIsNotCarriedOnByTheSameCommandThatReplaces() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    runs.run(runs.json("in.json", texts), "--id-column=id");
    String more = runs.json("more.json", Map.of(101, "more", 102, "yet more"));
    String[] options = {"--id-column=id", "--rows-per-wave=1", "--save-mode=append"};
    runs.sink = sink -> new CrashingSink(sink, Moment.AFTER_PUBLISH);
    assertThatThrownBy(() -> runs.run(more, options)).hasRootCauseInstanceOf(Crash.class);
    runs.sink = sink -> sink;

    runs.run(more, "--id-column=id", "--rows-per-wave=1", "--save-mode=overwrite");

    assertThat(runs.vectors()).containsOnlyKeys(101, 102);
  }

  @Test
  void aCommandThatFailsToReplaceAnInterruptedOneLeavesItToBeCarriedOn() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    String input = runs.json("in.json", texts);
    runs.sink = sink -> new CrashingSink(sink, Moment.AFTER_PREPARE);
    assertThatThrownBy(() -> runs.run(input, "--id-column=id", "--rows-per-wave=10"))
        .hasRootCauseInstanceOf(Crash.class);
    runs.sink = sink -> sink;
    String twice = "--query=SELECT 1 AS id, 'a' AS text FROM range(2)";
    assertThatThrownBy(() -> runs.run(null, twice, "--id-column=id", "--save-mode=overwrite"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("unique");

    runs.run(input, "--id-column=id", "--rows-per-wave=10");

    assertThat(runs.vectors()).hasSize(ROWS);
  }

  /**
   * Simulates a process that was suspended before a commit and from which another has taken over.
   */
  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"parquet", "delta", "iceberg"})
  void aCommitThatComesLateTakesNothingOfLaterWavesAway(String format) throws IOException {
    Assumptions.assumeTrue(format.equals("parquet") || LocalSpark.hasTables());
    Runs runs = new Runs(folder, format);
    String input = runs.json("in.json", texts);
    runs.run(runs.json("old.json", Map.of(1, "old")), "--id-column=id");
    List<Sink.Commit> late = new ArrayList<>();
    runs.sink =
        sink ->
            (Sink)
                Proxy.newProxyInstance(
                    Sink.class.getClassLoader(),
                    new Class<?>[] {Sink.class},
                    (proxy, method, arguments) -> {
                      Object result = method.invoke(sink, arguments);
                      if (method.getName().equals("publish")) {
                        late.add((Sink.Commit) arguments[0]);
                        sink.publish(late.get(0));
                      }
                      return result;
                    });

    runs.run(input, "--id-column=id", "--rows-per-wave=10", "--save-mode=overwrite");

    assertThat(late).hasSize(3);
    assertThat(runs.vectors()).hasSize(ROWS);
  }

  @Test
  void aReportThatCannotBeWrittenDoesNotHideWhyTheRunFailed() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    runs.sink = sink -> new CrashingSink(sink, Moment.BEFORE_PREPARE);
    runs.atEarlyEnd =
        () -> {
          throw new UserError("no report");
        };

    assertThatThrownBy(() -> runs.run(runs.json("in.json", texts), "--rows-per-wave=10"))
        .hasRootCauseInstanceOf(Crash.class)
        .hasSuppressedException(new UserError("no report"));
  }

  @Test
  void aRequestToEndInterruptsTheWaveAndSaysHowToGoOn() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    String input = runs.json("in.json", texts);
    runs.atWaveStart =
        () -> {
          if (runs.events.contains("committed 0")) {
            runs.termination.request();
          }
        };

    assertThatThrownBy(() -> runs.run(input, "--rows-per-wave=10"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("1 of 3 waves are in ")
        .hasMessageContaining("run the same command again");
    assertThat(runs.events).endsWith("ended early STOPPED");
    assertThat(runs.written().count()).isEqualTo(10);
    Runs again = new Runs(folder, "parquet");
    again.run(input, "--rows-per-wave=10");
    assertThat(again.events).doesNotContain("started 0").contains("finished");
    assertThat(again.vectors()).hasSize(ROWS);
  }

  @Test
  @Timeout(60)
  void aRequestToEndInterruptsTheReadingOfTheInput() throws IOException {
    Runs runs = new Runs(folder, "parquet");
    EndlessFunction.register(runs.termination);

    assertThatThrownBy(() -> runs.run(null, "--query=SELECT id, endless(id) AS text FROM range(4)"))
        .isInstanceOf(UserError.class)
        .hasMessage("Stopped as asked: no wave has begun; run the same command again to carry on");
    assertThat(runs.events).containsExactly("ended early STOPPED");
    Runs again = new Runs(folder, "parquet");
    again.run(again.json("in.json", texts));
    assertThat(again.vectors()).hasSize(ROWS);
  }

  @Test
  @Timeout(60)
  void aRequestToEndInterruptsTheWorkOfTheDriver() {
    Termination termination = new Termination(LocalSpark.session());

    assertThatThrownBy(
            () ->
                termination.interruptible(
                    "wait",
                    () -> {
                      termination.request();
                      return waitForEver();
                    },
                    () -> "so far"))
        .isInstanceOf(UserError.class)
        .hasMessage("Stopped as asked: so far");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  private static boolean waitForEver() {
    try {
      new CountDownLatch(1).await();
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void nothingOfARunIsKeptWhenItIsOver() throws IOException {
    Runs runs = new Runs(folder, "parquet");

    runs.run(runs.json("in.json", texts), "--rows-per-wave=10");

    try (var files = Files.list(runs.state())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> !name.startsWith("."))
          .containsExactlyInAnyOrder("manifest.json", "log");
    }
  }
}
