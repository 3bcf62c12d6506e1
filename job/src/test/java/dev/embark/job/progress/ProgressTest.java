package dev.embark.job.progress;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.embark.engine.rows.RowCounts;
import dev.embark.job.Captured;
import dev.embark.job.cli.JobFunction;
import dev.embark.job.cli.ProgressMode;
import dev.embark.job.cli.RunTotals;
import dev.embark.job.report.Schema;
import dev.embark.job.run.JobResult;
import dev.embark.job.state.Manifest;
import dev.embark.job.state.RunPlan;
import dev.embark.job.state.WaveResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {
  private static final RunPlan PLAN =
      new RunPlan(
          "r",
          1,
          "f",
          Map.of(),
          2,
          2000,
          new Manifest.Counts(1900, 100, 5, 1, 0),
          Manifest.Comparison.NONE,
          List.of());
  private static final RunTotals TOTALS =
      new RunTotals(
          counts(1000, 24_000, 3), new TreeMap<>(Map.of("TOO_LONG", 3L)), new TreeMap<>());
  private static final WaveResult WAVE =
      new WaveResult(0, 1, Instant.EPOCH, Duration.ofSeconds(8), TOTALS);
  private static final JobResult RESULT =
      new JobResult(
          PLAN,
          List.of(WAVE),
          Duration.ofSeconds(9),
          "file:/out",
          "file:/out/_embark",
          Optional.empty());

  private long now;
  private RowCounts counted = RowCounts.NONE;
  private Progress.Tasks tasks = new Progress.Tasks(3, 8);

  private static RowCounts counts(long rows, long tokens, long failed) {
    return new RowCounts(rows, 0, failed, 0, 0, 0, tokens, 0);
  }

  private Progress progress(Captured captured, ProgressMode mode) {
    return new Progress(
        () -> tasks,
        new Meter(() -> counted, () -> now),
        ProgressView.of(mode, captured.terminal(), JobFunction.EMBED));
  }

  /** A run whose first wave is half done. */
  private void runTo(Progress progress, boolean end) {
    progress.show();
    progress.planned(PLAN);
    progress.waveStarted(0, 2, 1000);
    counted = counts(500, 12_000, 2);
    now = 4_000_000_000L;
    progress.show();
    progress.show();
    if (end) {
      progress.waveCommitted(WAVE);
      progress.finished(RESULT);
    }
  }

  @Test
  void aPersonSeesOneLineDrawnOverAndCleared() {
    Captured captured = new Captured(true);
    try (Progress progress = progress(captured, ProgressMode.AUTO)) {
      runTo(progress, false);
    }

    assertThat(captured.err())
        .contains("reading the input: 3 of 8 tasks")
        .contains("25 %, 500 of 2,000 rows, ")
        .contains(", 12 s left, 2 failed, wave 1 of 2")
        .doesNotContain("\n")
        .endsWith("\r\u001b[2K");
  }

  @Test
  void aGenerationCountsPromptsAndGeneratedTokens() {
    Captured captured = new Captured(true);
    try (Progress progress =
        new Progress(
            () -> tasks,
            new Meter(() -> counted, () -> now),
            ProgressView.of(ProgressMode.AUTO, captured.terminal(), JobFunction.GENERATE))) {
      runTo(progress, false);
    }

    assertThat(captured.err()).contains("25 %, 500 of 2,000 prompts, 12,000 tokens generated, ");
  }

  @ParameterizedTest
  @CsvSource({"AUTO, false", "PLAIN, true"})
  void aLogGetsALineForEachChangeAndNoControlCharacters(ProgressMode mode, boolean interactive) {
    Captured captured = new Captured(interactive);
    try (Progress progress = progress(captured, mode)) {
      runTo(progress, false);
    }

    assertThat(captured.err().lines())
        .hasSize(2)
        .noneMatch(line -> line.contains("\u001b") || line.contains("\r"));
    assertThat(captured.err().lines()).first().isEqualTo("reading the input: 3 of 8 tasks");
  }

  @Test
  void aProgramGetsObjectsThatFitThePublishedSchema() throws Exception {
    Captured captured = new Captured(true);
    try (Progress progress = progress(captured, ProgressMode.JSON)) {
      runTo(progress, true);
    }

    Schema schema = new Schema("progress.schema.json");
    List<JsonNode> events = new ArrayList<>();
    for (String line : captured.err().lines().toList()) {
      JsonNode event = new ObjectMapper().readTree(line);
      assertThat(schema.mistakes(event)).as(line).isEmpty();
      events.add(event);
    }
    assertThat(events)
        .extracting(event -> event.get("event").asText())
        .containsExactly("planned", "progress", "progress", "committed", "progress", "finished");
    assertThat(events.get(1).get("percent").asInt()).isEqualTo(25);
    assertThat(events.get(1).get("secondsLeft").asDouble()).isEqualTo(12);
    assertThat(events.get(5).get("embedded").asInt()).isEqualTo(997);
  }

  @Test
  void nothingFollowsTheEndOfARun() {
    Captured captured = new Captured(false);
    try (Progress progress = progress(captured, ProgressMode.JSON)) {
      runTo(progress, true);
      progress.show();
    }

    assertThat(captured.err().lines()).last().asString().contains("\"event\":\"finished\"");
  }

  @Test
  void theSchemaRejectsAnUnknownEvent() throws Exception {
    assertThat(
            new Schema("progress.schema.json")
                .mistakes(new ObjectMapper().readTree("{\"event\":\"nix\"}")))
        .isNotEmpty();
  }

  @Test
  void progressNonePrintsNothing() {
    Captured captured = new Captured(true);
    try (Progress progress = progress(captured, ProgressMode.NONE)) {
      runTo(progress, true);
    }

    assertThat(captured.err()).isEmpty();
  }
}
