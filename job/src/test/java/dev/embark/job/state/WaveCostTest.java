package dev.embark.job.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.rows.RowCounts;
import dev.embark.job.CountingDisk;
import dev.embark.job.CountingDisk.Cost;
import dev.embark.job.LocalSpark;
import dev.embark.job.cli.RunTotals;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.sql.types.StructType;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The state of a run costs the same in each wave, in calls to the file system and in bytes. */
class WaveCostTest {
  private static final Fingerprint FINGERPRINT =
      new Fingerprint("f", "m", new TreeMap<>(Map.of("prefix", "")), 1);
  private static final RunTotals TOTALS =
      new RunTotals(
          new RowCounts(40_000, 0, 0, 0, 0, 0, 4_000_000, 0),
          new TreeMap<>(),
          new TreeMap<>(Map.of(128, 40_000L)));
  private static final int EARLY = 10;
  private static final int LATE = 1_010; // a multiple of the kept versions later
  private static final int MEASURED = 100;
  private static final Percentage DIGITS = Percentage.withPercentage(3); // of greater numbers

  @TempDir private Path folder;

  private StateFolder state;
  private LeasedOutput output;
  private Manifest.Run run;

  @BeforeEach
  void open() {
    CountingDisk.register();
    state = new StateFolder(LocalSpark.session(), "counted:" + folder);
    output = LeasedOutput.take(state, warning -> {});
    List<Wave> waves =
        IntStream.range(0, LATE + MEASURED)
            .mapToObj(i -> new Wave(i, 40_000, List.of("part-%05d.snappy.parquet".formatted(i))))
            .toList();
    StructType columns = new StructType().add("id", "long").add("text", "string");
    run =
        new Manifest.Run(
            "r",
            1,
            "text",
            "embedding",
            "f",
            CommandDigest.of(Map.of("--input", "in")),
            Manifest.Kind.APPEND,
            Manifest.Layout.of("parquet", List.of(), columns, List.of()),
            false,
            new Manifest.Counts(1, 0, 0, 0, 0),
            WaveProgress.planned(waves),
            null);
    new WaveFiles(state, run).write(waves);
  }

  /** Does to the state what {@code JobRun} does to it in each wave. */
  private void take(int from, int to) {
    for (int wave = from; wave < to; wave++) {
      ReadyWave ready = new ReadyWave(wave, 1, "wave-" + wave, 1_000, 20, TOTALS);
      run = run.with(ready);
      output.save(Manifest.EMPTY.with(run, FINGERPRINT));
      output.confirm();
      run = run.with(ready.committed(Instant.now()));
      run = run.with(new WaveFiles(state, run).checkpointed(run.progress()));
      output.save(Manifest.EMPTY.with(run, FINGERPRINT));
    }
  }

  private static Cost cost(Runnable work) {
    Cost before = CountingDisk.cost();
    work.run();
    return CountingDisk.cost().since(before);
  }

  @AfterEach
  void release() {
    output.close();
  }

  @Test
  void aWaveAndALookAtTheStateCostTheSameAfterManyWaves() {
    take(0, EARLY);
    Cost early = cost(() -> take(EARLY, EARLY + MEASURED));
    Cost lookEarly = cost(() -> state.load());
    take(EARLY + MEASURED, LATE);
    Cost late = cost(() -> take(LATE, LATE + MEASURED));
    Cost lookLate = cost(() -> state.load());

    // The first versions have none before them to delete.
    assertThat(late.calls()).isCloseTo(early.calls(), Percentage.withPercentage(20));
    assertThat(late.bytes()).isCloseTo(early.bytes(), DIGITS);
    assertThat(lookLate.calls()).isEqualTo(lookEarly.calls());
    assertThat(lookLate.bytes()).isCloseTo(lookEarly.bytes(), DIGITS);
  }
}
