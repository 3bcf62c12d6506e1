package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.embark.job.cli.JobSpec;
import dev.embark.job.cli.UserError;
import dev.embark.job.run.DryRun;
import dev.embark.job.run.JobResult;
import dev.embark.job.state.Fingerprint;
import dev.embark.job.state.FunctionCall;
import dev.embark.job.state.RunArguments;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Outputs in the layout before the log of versions are carried on. The jar of 29 November 2026
 * wrote those in {@code src/test/resources/layout-2}: nine rows in waves of three, finished, or
 * killed within the commit of the second wave (files: one of two is moved) or directly after it
 * (Delta).
 */
class EarlierLayoutTest {
  private static final String QUERY =
      "--query=SELECT id, concat('text number ', id) AS text FROM range(0, 9, 1, 1)";
  private static final String[] COMMAND = {
    QUERY, "--id-column=id", "--rows-per-wave=3", "--repartition=2", "--dimensions=8"
  };

  @TempDir private Path folder;

  private final SparkSession spark = LocalSpark.session();

  private Runs output(String name) throws IOException {
    String format = name.replaceFirst("-.*", "");
    Assumptions.assumeTrue(format.equals("parquet") || LocalSpark.hasTables());
    Path from = Path.of(URI.create(getClass().getResource("/layout-2/" + name).toString()));
    Runs runs = new Runs(folder, format);
    Path to = Path.of(runs.output());
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path there = to.resolve(from.relativize(file).toString());
        Files.createDirectories(there.getParent());
        Files.copy(file, there);
      }
    }
    asIfOfThisModel(runs);
    return runs;
  }

  /** The hashes in the manifest change with the model and with the version of the vectors. */
  private void asIfOfThisModel(Runs runs) throws IOException {
    JobSpec spec = runs.spec(null, COMMAND);
    Fingerprint fingerprint = Fingerprint.of(spark, FunctionCall.of(spec));
    ObjectMapper json = new ObjectMapper();
    Path manifest = runs.state().resolve("manifest.json");
    ObjectNode state = (ObjectNode) json.readTree(manifest.toFile());
    assertThat(state.get("version").asInt()).isEqualTo(2);
    if (state.at("/columns").has("embedding")) {
      ((ObjectNode) state.get("columns")).set("embedding", json.valueToTree(fingerprint));
    }
    ObjectNode run = (ObjectNode) state.at("/runs/0");
    run.put("fingerprint", fingerprint.sha256());
    run.set("arguments", json.valueToTree(RunArguments.of(spark, spec, fingerprint).digest()));
    Files.writeString(manifest, state.toString());
  }

  private static void assertHasLog(Runs runs) throws IOException {
    JsonNode mark = new ObjectMapper().readTree(runs.state().resolve("manifest.json").toFile());
    assertThat(mark.get("version").asInt()).isEqualTo(3);
    assertThat(runs.newestVersion()).exists();
  }

  @Test
  void aFinishedOutputIsAppendedTo() throws IOException {
    aFinishedOutputIsAppendedTo("parquet");
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"delta"})
  void aFinishedOutputIsAppendedTo(String format) throws IOException {
    Runs runs = output(format + "-finished");
    Map<Integer, String> texts = new TreeMap<>();
    for (int i = 1; i < 11; i++) {
      texts.put(i, "text number " + i);
    }

    assertThatThrownBy(() -> runs.run(null, COMMAND))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("There is something at");
    JobResult result =
        runs.run(
            runs.json("more.json", texts),
            "--id-column=id",
            "--dimensions=8",
            "--save-mode=append");

    assertThat(result.plan().number()).isEqualTo(2);
    assertThat(result.plan().input().skipped()).isEqualTo(8);
    assertThat(result.plan().input().added()).isEqualTo(2);
    assertThat(result.plan().input().deleted()).isEqualTo(1);
    assertThat(runs.vectors()).hasSize(11).allSatisfy((id, v) -> assertThat(v).hasSize(8));
    assertHasLog(runs);
  }

  @Test
  void aKilledRunIsCarriedOn() throws IOException {
    aKilledRunIsCarriedOn("parquet");
  }

  @Tag("stores")
  @ParameterizedTest
  @ValueSource(strings = {"delta"})
  void aKilledRunIsCarriedOn(String format) throws IOException {
    Runs runs = output(format + "-killed");

    assertThatThrownBy(() -> runs.run(null, QUERY, "--id-column=id", "--save-mode=append"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("Another command was interrupted")
        .hasMessageContaining("with another --option dimensions");
    JobResult result = runs.run(null, COMMAND);

    assertThat(runs.events)
        .containsExactlyElementsOf(
            List.of("planned 3", "committed 1", "started 2", "committed 2", "finished"));
    assertThat(result.counts().rows()).isEqualTo(9);
    assertThat(result.waves()).hasSize(3);
    assertThat(runs.vectors()).hasSize(9).allSatisfy((id, v) -> assertThat(v).hasSize(8));
    assertHasLog(runs);
  }

  @Test
  void aDryRunLeavesAKilledRunAsItIs() throws IOException {
    Runs runs = output("parquet-killed");
    Path manifest = runs.state().resolve("manifest.json");
    String before = Files.readString(manifest);

    assertThat(new DryRun(spark, runs.spec(null, COMMAND), text -> {}).run().rows()).isEqualTo(9);

    assertThat(manifest).hasContent(before);
    assertThat(runs.state().resolve("log")).doesNotExist();
  }

  /** As a process of an earlier version that was suspended and now goes on would leave it. */
  @Test
  void aSaveOfAnEarlierVersionThatCameTooLateIsIgnored() throws IOException {
    Runs runs = output("parquet-killed");
    Path manifest = runs.state().resolve("manifest.json");
    String late = Files.readString(manifest);
    runs.run(null, COMMAND);
    Files.writeString(manifest, late);

    JobResult again =
        runs.run(null, QUERY, "--id-column=id", "--dimensions=8", "--save-mode=append");

    assertThat(again.plan().input().skipped()).isEqualTo(9);
    assertHasLog(runs);
  }
}
