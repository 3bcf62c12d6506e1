package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReportTest {

  private static final Corpus SHORT = new Corpus("short", Path.of("x"), new long[] {0, 10, 30}, 4);
  private static final Corpus LONG = new Corpus("long", Path.of("x"), new long[] {0, 500}, 0);

  private static final SideResult ENGINE =
      new SideResult(
          "engine",
          "short",
          2,
          1000,
          0,
          Optional.of(new Cosines(0.99998, 0.99999999)),
          List.of(new Round(1, 2), new Round(0.5, 1), new Round(10, 10)));
  private static final SideResult ONNX =
      new SideResult(
          "onnxruntime-f32",
          "short",
          1,
          3000,
          16,
          Optional.empty(),
          List.of(new Round(2, 4), new Round(4, 8)));
  private static final SideResult TWO_ENGINES =
      new SideResult(
          "two-engines", "short", 2, 1000, 0, Optional.empty(), List.of(new Round(0.5, 1)));

  private final ComparisonReport report =
      new ComparisonReport(
          "a \"fast\" one",
          Map.of("java", "17"),
          "a model",
          Map.of("date", "2026-11-21T00:00:00Z", "commit", "abc"),
          List.of(SHORT, LONG),
          List.of(
              SideSpec.of("engine", "ours", List.of()),
              SideSpec.of("spark-nlp", "theirs", List.of())),
          new Comparison.Outcome(
              List.of(ONNX, ENGINE, TWO_ENGINES), Map.of("spark-nlp", "no jars")));

  @Test
  void speedsAreMediansOverTheRounds() {
    assertThat(ENGINE.tokensPerSecond()).isEqualTo(1000);
    assertThat(ENGINE.tokensPerCpuSecond()).isEqualTo(500);
    assertThat(ONNX.tokensPerSecond()).isEqualTo(1000);
    assertThat(ONNX.tokensPerCpuSecond()).isEqualTo(500);
  }

  @Test
  void ratiosAreOfCpuTimeOrOfWallTimeWhereSeveralCoresAreUsed() throws Exception {
    JsonNode ratios = new ObjectMapper().readTree(ReportJson.write(report)).get("ratios");

    assertThat(ratios.get("engine/onnxruntime-f32").get("short").doubleValue())
        .isCloseTo(1.0, within(1e-12));
    assertThat(ratios.get("two-engines/engine").get("short").doubleValue())
        .isCloseTo(2.0, within(1e-12));
    assertThat(ratios.get("engine/onnxruntime-f32").has("long")).isFalse();
    assertThat(ratios.has("spark/spark-nlp")).isFalse();
  }

  @Test
  void aGoalHoldsWhereEveryCorpusReachesIt() {
    Ratio twice =
        new Ratio(
            "two-engines/engine",
            "two-engines",
            "engine",
            Ratio.Measure.WALL,
            Ratio.Goal.everywhere(2.0));
    Ratio ofShort =
        new Ratio(
            "two-engines/engine",
            "two-engines",
            "engine",
            Ratio.Measure.WALL,
            Ratio.Goal.on("short", 2.0));
    SideResult longEngine =
        new SideResult("engine", "long", 1, 100, 0, Optional.empty(), List.of(new Round(1, 1)));
    SideResult longPair =
        new SideResult(
            "two-engines", "long", 1, 100, 0, Optional.empty(), List.of(new Round(0.51, 1)));
    List<String> both = List.of("short", "long");

    assertThat(twice.holds(both, List.of(ENGINE, TWO_ENGINES))).hasValue(true);
    assertThat(twice.holds(both, List.of(ENGINE, TWO_ENGINES, longEngine, longPair)))
        .hasValue(false);
    assertThat(ofShort.holds(both, List.of(ENGINE, TWO_ENGINES, longEngine, longPair)))
        .hasValue(true);
    assertThat(ofShort.holds(both, List.of(longEngine, longPair))).isEmpty();
    assertThat(twice.holds(both, List.of(ENGINE))).isEmpty();
  }

  @Test
  void everyGoalHasARatio() {
    assertThat(Ratio.ALL.stream().filter(ratio -> ratio.goal().isPresent()).map(Ratio::name))
        .containsExactlyInAnyOrder(
            "engine/raw-llama-bf16",
            "engine/onnxruntime-f32",
            "engine/onnxruntime-int8",
            "plain-engine/raw-llama",
            "spark/engine",
            "spark-sum/engine",
            "job/engine",
            "two-tasks/one-task");
  }

  @Test
  void theJsonHasTheDocumentedShape() throws Exception {
    JsonSchema schema =
        JsonSchemaFactory.getInstance(VersionFlag.V202012)
            .getSchema(ReportJson.class.getResourceAsStream("comparison.schema.json"));
    JsonNode json = new ObjectMapper().readTree(ReportJson.write(report));

    assertThat(schema.validate(json)).isEmpty();
    ((ObjectNode) json.get("sides").get(0)).remove("rounds");
    assertThat(schema.validate(json)).hasSize(1);
  }

  @Test
  void theJsonHasTheFiguresOfEachSideAndEachRound() throws Exception {
    JsonNode json = new ObjectMapper().readTree(ReportJson.write(report));

    assertThat(json.get("machine").textValue()).isEqualTo("a \"fast\" one");
    assertThat(json.get("corpora").get(0))
        .isEqualTo(
            new ObjectMapper()
                .readTree("{\"corpus\":\"short\",\"texts\":2,\"meanTokens\":15.0,\"leftOut\":4}"));
    assertThat(json.get("sides").get(1))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"side": "engine", "corpus": "short", "tokensPerCpuSecond": 500.0,
                     "tokensPerSecond": 1000.0, "cosineMin": 0.99998, "cosineMean": 0.99999999,
                     "batch": 0, "texts": 2, "tokens": 1000,
                     "rounds": [{"seconds": 1.0, "cpuSeconds": 2.0},
                                {"seconds": 0.5, "cpuSeconds": 1.0},
                                {"seconds": 10.0, "cpuSeconds": 10.0}]}\
                    """));
    assertThat(json.get("sides").get(0).get("cosineMin").isNull()).isTrue();
    assertThat(json.get("notRun").get(0).get("reason").textValue()).isEqualTo("no jars");
  }

  @Test
  void theTablesShowSpeedBesideCosineAndWhatDidNotRun() {
    assertThat(ReportMarkdown.write(report).lines())
        .contains(
            "- machine: a \"fast\" one",
            "| engine | 500 | 1,000 | 0.9999800 | 0.9999999 |  | 2 |",
            "| onnxruntime-f32 | 500 | 1,000 |  |  | 16 | 1 |",
            "| engine/onnxruntime-f32 | tokens/CPU-s | 1.000 |  | ≥ 2.0 | **no** |",
            "| two-engines/engine | tokens/s | 2.000 |  |  |  |",
            "- engine: ours",
            "- spark-nlp: theirs. **Did not run:** no jars");
  }
}
