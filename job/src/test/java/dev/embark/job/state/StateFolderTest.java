package dev.embark.job.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.LocalSpark;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.cli.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateFolderTest {
  private static final int SAVES = 100;
  private static final Fingerprint FINGERPRINT =
      new Fingerprint("f", "m", new TreeMap<>(Map.of("prefix", "")), 1);

  @TempDir private Path folder;

  private final List<String> warnings = new ArrayList<>();
  private StateFolder state;

  @BeforeEach
  void open() {
    state = new StateFolder(LocalSpark.session(), folder.toString());
  }

  private static final RunTotals TOTALS =
      new RunTotals(
          new RowCounts(5, 1, 2, 1, 0, 3, 50, 0),
          new TreeMap<>(Map.of("TOO_LONG", 2L)),
          new TreeMap<>(Map.of(16, 2L)));

  private static Manifest.Run run(String id, int waves) {
    List<Wave> planned =
        IntStream.range(0, waves).mapToObj(i -> new Wave(i, 5, List.of("part-" + i))).toList();
    return new Manifest.Run(
        id,
        1,
        "text",
        "embedding",
        "f",
        CommandDigest.of(Map.of("--input", "in")),
        Manifest.Kind.APPEND,
        Manifest.Layout.of(
            "parquet", List.of("topic"), new StructType().add("topic", "string"), List.of()),
        false,
        new Manifest.Counts(5, 0, 0, 0, 0),
        WaveProgress.planned(planned),
        null);
  }

  private static ReadyWave ready(int wave) {
    return new ReadyWave(wave, 1, "w", 1_000, 20, TOTALS);
  }

  private static Manifest manifest(Manifest.Run run) {
    return Manifest.EMPTY.with(run, FINGERPRINT);
  }

  private LeasedOutput take() {
    return LeasedOutput.take(state, warnings::add);
  }

  private String loadedRun() {
    return state.load().last().orElseThrow().id();
  }

  private List<Path> versions() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("_embark/log"))) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
  }

  private JsonNode newestVersion() throws IOException {
    List<Path> versions = versions();
    return new ObjectMapper().readTree(versions.get(versions.size() - 1).toFile());
  }

  @Test
  void aSavedStateIsLoaded() {
    Manifest.Run run = run("a", 3).with(ready(0));
    run = run.with(ready(0).committed(Instant.now())).with(ready(1));
    Manifest manifest = manifest(run);

    try (LeasedOutput output = take()) {
      output.save(manifest);

      assertThat(state.load()).isEqualTo(manifest);
    }
    assertThat(state.load()).isEqualTo(manifest);
  }

  @Test
  void countsOfAWaveKeepTheirKeysInTheLog() throws IOException {
    try (LeasedOutput output = take()) {
      output.save(manifest(run("a", 3).with(ready(0))));
    }

    assertThat(newestVersion().at("/manifest/runs/0/progress/ready/totals"))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"rows": 5, "tokens": 50, "nullRows": 1, "failed": {"TOO_LONG": 2},
                     "truncatedRows": 1, "chunkedRows": 0, "deduplicatedRows": 3,
                     "lengths": {"16": 2}}
                    """));
  }

  @Test
  void eachVersionNamesTheProcessThatHoldsTheLease() throws IOException {
    try (LeasedOutput output = take()) {
      output.save(manifest(run("a", 1)));

      assertThat(newestVersion().at("/lease/process").asLong())
          .isEqualTo(ProcessHandle.current().pid());
    }
    assertThat(newestVersion().at("/lease").isNull()).isTrue();
    assertThat(versions()).hasSize(3);
  }

  @Test
  void aVersionOfAnotherLayoutIsRefused() throws IOException {
    try (LeasedOutput output = take()) {
      output.save(manifest(run("a", 1)));
    }
    Path file = versions().get(2);
    Files.writeString(
        file, Files.readString(file).replaceFirst("\"layout\":\\d+", "\"layout\":99"));

    assertThatThrownBy(() -> state.load())
        .isInstanceOf(UserError.class)
        .hasMessageContaining(file.getFileName().toString())
        .hasMessageContaining("as layout 99");
  }

  /** Otherwise an earlier version would begin anew and append every row a second time. */
  @Test
  void earlierVersionsOfEmbarkFindALayoutThatTheyRefuse() throws IOException {
    Path mark = folder.resolve("_embark/manifest.json");
    try (LeasedOutput output = take()) {
      assertThat(new ObjectMapper().readTree(mark.toFile()).at("/version").asInt()).isEqualTo(3);
      output.save(manifest(run("a", 1)));
    }
    assertThat(new ObjectMapper().readTree(mark.toFile()).at("/version").asInt()).isEqualTo(3);
    Files.writeString(mark, "{\"vers");

    take().close();

    assertThat(new ObjectMapper().readTree(mark.toFile()).at("/version").asInt()).isEqualTo(3);
  }

  @Test
  void aLogThatIsGoneIsNamed() throws IOException {
    try (LeasedOutput output = take()) {
      output.save(manifest(run("a", 1)));
    }
    for (Path version : versions()) {
      Files.delete(version);
    }

    assertThatThrownBy(() -> state.load())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("_embark/log is missing");
  }

  /** Simulates a dry run that reads while another run saves. */
  @Test
  void loadingDisturbsNoSaveOfAnotherThread() throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    try (LeasedOutput output = take()) {
      output.save(manifest(run("0", 1)));
      Thread saves =
          new Thread(
              () -> {
                for (int i = 1; i <= SAVES; i++) {
                  output.save(manifest(run(Integer.toString(i), 1)));
                }
              });
      saves.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
      saves.start();

      int newest = 0;
      while (saves.isAlive()) {
        int seen = Integer.parseInt(loadedRun());
        assertThat(seen).isGreaterThanOrEqualTo(newest);
        newest = seen;
      }
    }

    assertThat(failure.get()).isNull();
    assertThat(loadedRun()).isEqualTo(Integer.toString(SAVES));
  }

  @Test
  void anOutputWithoutStateHasNoRuns() {
    assertThat(state.load()).isEqualTo(Manifest.EMPTY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"layout\":3,\"man"})
  void aVersionThatWasPartlyWrittenHasNoEffect(String content) throws IOException {
    try (LeasedOutput output = take()) {
      output.save(manifest(run("old", 1)));
    }
    Path part = folder.resolve("_embark/log/0000000004.json");
    Files.writeString(part, content);

    assertThat(loadedRun()).isEqualTo("old");
    try (LeasedOutput output = take()) {
      output.save(manifest(run("new", 1)));
    }
    assertThat(loadedRun()).isEqualTo("new");
    assertThat(part).hasContent(content);
  }

  @Test
  void aManifestThatIsNoneIsNamed() throws IOException {
    Files.createDirectory(folder.resolve("_embark"));
    Files.writeString(folder.resolve("_embark/manifest.json"), "{\"version\":");

    assertThatThrownBy(() -> state.load())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("manifest.json");
  }

  @Test
  void resultsOfAllWavesAreKeptUntilTheRunIsOver() throws IOException {
    int waves = 2 * WaveFiles.RESULTS + 7;
    List<WaveResult> expected = new ArrayList<>();
    Manifest.Run run = run("a", waves);
    try (LeasedOutput output = take()) {
      for (int wave = 0; wave < waves; wave++) {
        WaveResult result =
            new WaveResult(wave, 1, Instant.ofEpochMilli(wave), Duration.ofMillis(wave), TOTALS);
        expected.add(result);
        run = run.with(ready(wave));
        output.save(manifest(run));
        run = run.with(result);
        run = run.with(new WaveFiles(state, run).checkpointed(run.progress()));
        output.save(manifest(run));
      }
    }

    Manifest.Run loaded = state.load().unfinished().orElseThrow();
    assertThat(new WaveFiles(state, loaded).committed()).isEqualTo(expected);
    assertThat(loaded.progress().totals().counts().rows()).isEqualTo(5L * waves);
    assertThat(versions()).hasSizeLessThan(2 * RunLease.KEPT);
  }

  @Test
  void aPlanThatLacksPartsIsNamed() {
    Manifest.Run run = run("a", 3);
    new WaveFiles(state, run).write(List.of(new Wave(0, 5, List.of())));

    assertThatThrownBy(() -> new WaveFiles(state, run).read())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("run-a/plan.json")
        .hasMessageContaining("it lists 1 of 3 parts");
  }
}
