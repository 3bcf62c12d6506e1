package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.job.cli.UserError;
import dev.embark.job.sink.Sink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files are written to an object store by uploads that appear when the log has their wave. */
class StoreOutputTest {
  private static final String QUERY = "SELECT *, concat('a b%%=', id %% 2) AS part FROM json.`%s`";
  private static final String PROTOCOL = "spark.sql.sources.commitProtocolClass";

  @TempDir private Path folder;

  private final Map<Integer, String> texts = new TreeMap<>();
  private final SparkSession spark = LocalSpark.session();
  private Runs runs;
  private String input;

  @BeforeEach
  void makeTexts() throws IOException {
    for (int i = 0; i < 12; i++) {
      texts.put(i, "text number " + i);
    }
    runs = new Runs(folder, "parquet", TestStore.output(folder.resolve("out")));
    input = runs.json("in.json", texts);
  }

  private static class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Does something before the second wave is published, and crashes. */
  private void crashBeforePublishing(Consumer<Runnable> before, String... options) {
    runs.sink =
        sink ->
            new ForwardingSink(sink) {
              @Override
              public boolean publish(Sink.Commit commit) {
                if (commit.wave() == 1) {
                  before.accept(() -> super.publish(commit));
                  throw new Crash();
                }
                return super.publish(commit);
              }
            };
    assertThatThrownBy(() -> runs.run(input, options)).hasRootCauseInstanceOf(Crash.class);
    runs.sink = sink -> sink;
  }

  private List<Path> published() throws IOException {
    try (Stream<Path> all = Files.walk(folder.resolve("out"))) {
      return all.filter(file -> file.toString().endsWith(".parquet"))
          .filter(file -> !file.toString().contains("_embark"))
          .toList();
    }
  }

  @Test
  void aWaveAppearsWhenItIsPublishedAndNoFileIsRenamed() throws IOException {
    String[] options = {"--id-column=id", "--rows-per-wave=6", "--repartition=2"};
    crashBeforePublishing(publish -> {}, options);

    assertThat(published()).hasSize(2);
    assertThat(TestStore.open()).isEqualTo(2);
    runs.run(input, options);

    assertThat(runs.vectors()).containsOnlyKeys(texts.keySet());
    assertThat(runs.vectors().values()).doesNotContainNull().doesNotHaveDuplicates();
    assertThat(published()).hasSize(4);
    assertThat(TestStore.open()).isZero();
    assertThat(TestStore.RENAMES).isEmpty();
    assertThat(spark.conf().getAll().contains(PROTOCOL)).isFalse();
  }

  @Test
  void aWaveWhoseUploadsTheStoreHasAbortedIsEmbeddedAgain() throws IOException {
    String[] options = {
      "--id-column=id",
      "--rows-per-wave=6",
      "--repartition=2",
      "--max-tokens=8",
      "--long-text=error",
      "--partition-by=part",
      "--query=" + QUERY.formatted(input)
    };
    texts.put(7, "a text of far more than eight tokens that cannot be embedded as it is");
    runs.json("in.json", texts);
    input = null;
    // A part of the wave is published, as by a process that was killed meanwhile.
    crashBeforePublishing(
        publish -> {
          publish.run();
          TestStore.abortUploads();
          deleteOne();
        },
        options);

    runs.run(input, options);

    assertThat(runs.vectors()).containsOnlyKeys(texts.keySet());
    assertThat(runs.vectors()).containsEntry(7, null);
    assertThat(runs.events).containsSubsequence("started 1", "started 1", "committed 1");
    assertThat(
            spark
                .read()
                .parquet(runs.output() + "/_embark/quarantine")
                .select("id")
                .collectAsList())
        .singleElement()
        .extracting(row -> row.getString(0))
        .isEqualTo("7");
    assertThat(TestStore.RENAMES).isEmpty();
  }

  private void deleteOne() {
    try (Stream<Path> all = Files.walk(folder.resolve("out"))) {
      Files.delete(
          all.filter(file -> file.getFileName().toString().contains("-1-part")).findFirst().get());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anOutputIsAppendedToReplacedAndRefused() throws IOException {
    runs.run(input, "--id-column=id", "--dedupe");
    texts.put(3, "another text");
    texts.put(12, "text number 5");
    String more = runs.json("more.json", texts);

    assertThatThrownBy(() -> runs.run(more, "--id-column=id")).isInstanceOf(UserError.class);
    runs.run(more, "--id-column=id", "--save-mode=append", "--dedupe");
    assertThat(runs.written().count()).isEqualTo(14);
    runs.run(more, "--id-column=id", "--save-mode=overwrite", "--output-option=compression=gzip");

    assertThat(runs.vectors()).containsOnlyKeys(texts.keySet());
    assertThat(runs.vectors().get(12)).isEqualTo(runs.vectors().get(5));
    assertThat(published()).allMatch(file -> file.toString().endsWith(".gz.parquet"));
    assertThat(TestStore.open()).isZero();
    assertThat(TestStore.RENAMES).isEmpty();
  }

  @Test
  void withoutUploadsAFileIsRenamedOnceWhenItIsPublished() throws IOException {
    TestStore.hasUploads = false;
    String[] options = {"--id-column=id", "--rows-per-wave=6", "--repartition=2"};
    crashBeforePublishing(publish -> {}, options);
    assertThat(published()).hasSize(2);

    runs.run(input, options);

    assertThat(runs.vectors()).containsOnlyKeys(texts.keySet());
    assertThat(TestStore.RENAMES).hasSize(4).allMatch(name -> name.startsWith("part-"));
  }

  @Test
  void jsonIsUploadedToo() throws IOException {
    Runs other = new Runs(folder, "json", TestStore.output(folder.resolve("json")));

    other.run(input, "--id-column=id");

    assertThat(other.vectors()).containsOnlyKeys(texts.keySet());
    assertThat(TestStore.RENAMES).isEmpty();
  }
}
