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
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFolderTest {
  private static final Fingerprint FINGERPRINT =
      new Fingerprint("f", "m", new TreeMap<>(Map.of("prefix", "")), 1);

  private static final int SAVES = 100;

  @TempDir private Path folder;

  private StateFolder state;

  @BeforeEach
  void open() {
    state = new StateFolder(LocalSpark.session(), folder.toString());
  }

  private static Manifest manifest(String id) {
    RunTotals totals =
        new RunTotals(
            new RowCounts(5, 1, 2, 1, 0, 3, 50, 0),
            new TreeMap<>(Map.of("TOO_LONG", 2L)),
            new TreeMap<>(Map.of(16, 2L)));
    Manifest.Wave wave =
        Manifest.Wave.planned(0, 5, List.of("part-0")).ready("w", Instant.now(), totals);
    Manifest.Run run =
        new Manifest.Run(
            id,
            1,
            "text",
            "embedding",
            "f",
            null,
            CommandDigest.of(Map.of("--input", "in")),
            Manifest.Kind.APPEND,
            Manifest.Layout.of(
                "parquet", List.of("topic"), new StructType().add("topic", "string"), List.of()),
            false,
            new Manifest.Counts(5, 0, 0, 0),
            List.of(wave));
    return Manifest.EMPTY.with(run, FINGERPRINT);
  }

  private String loadedRun() {
    return state.load().last().orElseThrow().id();
  }

  @Test
  void aSavedManifestIsLoaded() {
    Manifest manifest = manifest("a");

    state.save(manifest);

    assertThat(state.load()).isEqualTo(manifest);
  }

  @Test
  void countsOfAWaveKeepTheirKeysInTheManifest() throws IOException {
    state.save(manifest("a"));

    JsonNode saved = new ObjectMapper().readTree(folder.resolve("_embark/manifest.json").toFile());
    assertThat(saved.at("/runs/0/waves/0/totals"))
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
  void aManifestOfAnotherVersionIsRefused() throws IOException {
    state.save(manifest("a"));
    Path file = folder.resolve("_embark/manifest.json");
    Files.writeString(
        file, Files.readString(file).replaceFirst("\"version\" : \\d+", "\"version\" : 99"));

    assertThatThrownBy(() -> state.load())
        .isInstanceOf(UserError.class)
        .hasMessageContaining("manifest.json")
        .hasMessageContaining("as layout 99");
  }

  /** Simulates a dry run that reads while another run saves. */
  @Test
  void loadingDisturbsNoSaveOfAnotherThread() throws InterruptedException {
    state.save(manifest("0"));
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread saves =
        new Thread(
            () -> {
              for (int i = 1; i <= SAVES; i++) {
                state.save(manifest(Integer.toString(i)));
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

    assertThat(failure.get()).isNull();
    assertThat(loadedRun()).isEqualTo(Integer.toString(SAVES));
  }

  @Test
  void anOutputWithoutManifestHasNoRuns() {
    assertThat(state.load()).isEqualTo(Manifest.EMPTY);
  }

  @Test
  void aSaveThatWasInterruptedBeforeItsRenameHasNoEffect() throws IOException {
    state.save(manifest("old"));
    Files.writeString(folder.resolve("_embark/manifest.draft.json"), "{\"half\":");

    assertThat(loadedRun()).isEqualTo("old");
    state.save(manifest("new"));
    assertThat(loadedRun()).isEqualTo("new");
  }

  @Test
  void aSaveThatWasInterruptedAfterItsFirstRenameHasTakenEffect() throws IOException {
    state.save(manifest("new"));
    Path current = folder.resolve("_embark/manifest.json");
    Files.move(current, current.resolveSibling("manifest.next.json"));
    Files.writeString(current, "{\"version\":1,\"columns\":{},\"runs\":[]}");

    assertThat(loadedRun()).isEqualTo("new");
    state.save(manifest("newer"));
    assertThat(loadedRun()).isEqualTo("newer");
    assertThat(current.resolveSibling("manifest.next.json")).doesNotExist();
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
  void movingFilesCanBeRepeatedAfterItWasInterrupted() throws IOException {
    Path from = Files.createDirectories(folder.resolve("from/topic=a b%3A"));
    Files.writeString(from.resolve("part-0"), "moved before");
    Files.writeString(folder.resolve("from/_SUCCESS"), "");
    state.moveAll(path("from"), path("to"), "w0-");
    Files.writeString(from.resolve("part-1"), "left");

    state.moveAll(path("from"), path("to"), "w0-");

    Path to = folder.resolve("to");
    assertThat(to.resolve("topic=a b%3A/w0-part-0")).hasContent("moved before");
    assertThat(to.resolve("topic=a b%3A/w0-part-1")).hasContent("left");
    assertThat(to.resolve("w0-_SUCCESS")).doesNotExist();
  }

  private org.apache.hadoop.fs.Path path(String name) {
    return state.fileSystem().makeQualified(new org.apache.hadoop.fs.Path(folder + "/" + name));
  }
}
