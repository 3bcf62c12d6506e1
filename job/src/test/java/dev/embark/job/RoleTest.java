package dev.embark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.cli.UserError;
import dev.embark.job.progress.Meter;
import dev.embark.job.progress.ReportWriter;
import dev.embark.job.run.DryRun;
import dev.embark.job.run.JobResult;
import dev.embark.spark.RenamedModel;
import dev.embark.spark.TinyGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The role of a job's texts becomes the prompt of the model. */
class RoleTest {
  private static final Map<Integer, String> ONE = Map.of(1, "a harbour");
  private static final Map<Integer, String> TWO = Map.of(1, "a harbour", 2, "rye bread");

  @TempDir private static Path shared;
  @TempDir private Path folder;
  private static String e5;
  private static String unknown;

  private Runs runs;

  @BeforeAll
  static void writeModels() throws IOException {
    e5 = "--model=" + RenamedModel.write(shared, RenamedModel.E5);
    unknown = "--model=" + RenamedModel.write(shared, RenamedModel.UNKNOWN);
  }

  @BeforeEach
  void makeRuns() {
    runs = new Runs(folder, "parquet");
  }

  private List<Float> vector(String prefix, String text) {
    return LocalSpark.session()
        .sql(
            "SELECT embed('%s', map('model', '%s', 'prefix', '%s'))"
                .formatted(text, e5.substring("--model=".length()), prefix))
        .first()
        .getList(0);
  }

  private JobResult append(Map<Integer, String> texts, String... more) throws IOException {
    List<String> all = new ArrayList<>(List.of(e5, "--id-column=id", "--save-mode=append"));
    all.addAll(List.of(more));
    return runs.run(runs.json("in.json", texts), all.toArray(String[]::new));
  }

  @Test
  void textsAreDocumentsUnlessTheRoleIsGiven() throws IOException {
    append(ONE);

    assertThat(runs.vectors().get(1)).isEqualTo(vector("passage: ", "a harbour"));
    // The prompt itself is in the fingerprint, so that the same text as prefix continues the
    // output.
    assertThat(append(TWO, "--prefix=passage: ").counts().rows()).isEqualTo(1);
    assertThat(append(TWO, "--role=document").counts().rows()).isZero();
    assertThatThrownBy(() -> append(TWO, "--role=query"))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("prefix is query:  here and passage:  there");
    assertThat(runs.captured.err()).doesNotContain("without the model's prompt");
  }

  @Test
  void aQueryHasThePromptOfQueriesAndAPrefixWins() throws IOException {
    append(ONE, "--role=query");
    assertThat(runs.vectors().get(1)).isEqualTo(vector("query: ", "a harbour"));

    append(ONE, "--role=query", "--prefix=about ", "--new-fingerprint=overwrite");
    assertThat(runs.vectors().get(1)).isEqualTo(vector("about ", "a harbour"));
  }

  @Tag("stores")
  @Test
  void anOutputThatWasBegunWithoutAPromptStaysWithoutOne() throws IOException {
    append(ONE, "--prefix=");

    JobResult next = append(TWO);

    assertThat(next.counts().rows()).isEqualTo(1);
    assertThat(runs.vectors().get(2)).isEqualTo(vector("", "rye bread"));
    assertThat(runs.captured.err())
        .containsOnlyOnce("have vectors without the model's prompt for documents, 'passage: '");
    append(TWO, "--role=document", "--new-fingerprint=overwrite");
    assertThat(runs.vectors().get(2)).isEqualTo(vector("passage: ", "rye bread"));
  }

  @Test
  void anInterruptedRunWithoutAPromptIsResumedWithoutOne() throws IOException {
    runs.atWaveStart =
        () -> {
          throw new IllegalStateException("crash");
        };
    assertThatThrownBy(() -> append(TWO, "--prefix=")).hasMessageContaining("crash");
    runs.atWaveStart = () -> {};

    append(TWO);

    assertThat(runs.vectors().get(1)).isEqualTo(vector("", "a harbour"));
    assertThat(runs.events).filteredOn(event -> event.startsWith("planned")).hasSize(2);
  }

  @Tag("stores")
  @Test
  void replacingAnOutputBeginsAnew() throws IOException {
    append(ONE, "--prefix=");

    runs.run(runs.json("in.json", ONE), e5, "--save-mode=overwrite");

    assertThat(runs.vectors().get(1)).isEqualTo(vector("passage: ", "a harbour"));
  }

  @Test
  void theReportNamesThePrompt() throws IOException {
    JobResult result = append(ONE, "--role=document");

    assertThat(result.plan().options()).containsEntry("prefix", "passage: ");
    new ReportWriter(
            LocalSpark.session(),
            runs.spec("in.json", e5, "--role=document"),
            new Meter(() -> RowCounts.NONE, System::nanoTime))
        .finished(result);
    JsonNode options =
        new ObjectMapper().readTree(runs.state().resolve("report.json").toFile()).get("options");
    assertThat(options.get("prefix").asText()).isEqualTo("passage: ");
    assertThat(options.get("role").asText()).isEqualTo("document");
  }

  @Test
  void aRoleOfAModelWhosePromptsAreUnknownIsRefusedBeforeTheInputIsRead() throws IOException {
    String input = runs.json("in.json", ONE);

    assertThatThrownBy(() -> runs.run(input, unknown, "--role=document"))
        .isInstanceOf(UserError.class)
        .hasMessageStartingWith(
            "role is document, but the model 'all-MiniLM-L6-vX' has no prompts");
    assertThat(runs.state()).doesNotExist();
    runs.run(input, unknown);
    assertThat(runs.vectors().get(1)).isEqualTo(vector("", "a harbour"));
  }

  @Test
  void noPrefixInPlaceOfTheModelsOwnIsAnotherFingerprint() throws IOException {
    String[] own = {
      "--model=" + TinyGenerator.write(folder, Map.of("embark.prefix", "over ")),
      "--option=pooling=mean",
      "--id-column=id",
      "--save-mode=append"
    };
    String[] none = Arrays.copyOf(own, own.length + 1);
    none[own.length] = "--prefix=";
    String input = runs.json("in.json", ONE);
    runs.run(input, own);

    assertThatThrownBy(() -> runs.run(input, none))
        .isInstanceOf(UserError.class)
        .hasMessageContaining("prefix is '' in place of the model's own here and unset there");
  }

  @Test
  void aDryRunCountsThePrompt() throws IOException {
    String input = runs.json("in.json", TWO);
    long plain = tokens(input, "--prefix=");

    assertThat(tokens(input)).isEqualTo(plain + 2 * 2); // "passage" and ":" for each text
  }

  private long tokens(String input, String... more) {
    List<String> all = new ArrayList<>(List.of(e5));
    all.addAll(List.of(more));
    return new DryRun(
            LocalSpark.session(), runs.spec(input, all.toArray(String[]::new)), warning -> {})
        .run()
        .tokens();
  }
}
