package dev.embark.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import dev.embark.bench.corpus.Corpus;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
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
          List.of(Round.of(1, 2), Round.of(0.5, 1), Round.of(10, 10)));
  private static final SideResult ONNX =
      new SideResult(
          "onnxruntime-f32",
          "short",
          1,
          3000,
          16,
          Optional.empty(),
          List.of(Round.of(2, 4), Round.of(4, 8)));
  private static final SideResult TWO_ENGINES =
      new SideResult(
          "two-engines", "short", 2, 1000, 0, Optional.empty(), List.of(Round.of(0.5, 1)));

  private final ComparisonReport report =
      new ComparisonReport(
          "a \"fast\" one",
          Map.of("java", "17"),
          "a model",
          Map.of("date", "2026-11-21T00:00:00Z", "commit", "abc"),
          List.of(SHORT, LONG),
          List.of(
              SideSpec.of("engine", "ours", List.of()).multiplying("int16"),
              SideSpec.of("spark-nlp", "theirs", List.of())),
          Ratio.ALL,
          Roof.parse("int16\t21233664000\n"),
          new Comparison.Outcome(
              List.of(ONNX, ENGINE, TWO_ENGINES),
              Map.of("engine", "llama 1.0"),
              Map.of("spark-nlp", "no jars", "engine, batch 9", "no memory")));

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
        new SideResult("engine", "long", 1, 100, 0, Optional.empty(), List.of(Round.of(1, 1)));
    SideResult longPair =
        new SideResult(
            "two-engines", "long", 1, 100, 0, Optional.empty(), List.of(Round.of(0.51, 1)));
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
            "engine/onnxruntime-f32",
            "engine/openvino-f32",
            "engine/onnxruntime-int8",
            "engine/openvino-int8",
            "engine-int8/onnxruntime-int8",
            "engine-int8/openvino-int8",
            "engine/engine-exact",
            "engine-avx2/onnxruntime-f32",
            "engine-avx2/openvino-f32",
            "plain-engine/raw-llama",
            "spark/engine",
            "spark-sum/engine",
            "job/engine",
            "two-tasks/one-task");
  }

  @Test
  void theJsonHasTheDocumentedShape() throws Exception {
    JsonSchema schema = schema();
    JsonNode json = new ObjectMapper().readTree(ReportJson.write(report));

    assertThat(schema.validate(json)).isEmpty();
    ((ObjectNode) json.get("sides").get(0)).remove("rounds");
    assertThat(schema.validate(json)).hasSize(1);
  }

  private static JsonSchema schema() {
    return JsonSchemaFactory.getInstance(VersionFlag.V202012)
        .getSchema(ReportJson.class.getResourceAsStream("comparison.schema.json"));
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
                     "batch": 0, "texts": 2, "tokens": 1000, "roofShare": 0.5,
                     "rounds": [{"seconds": 1.0, "cpuSeconds": 2.0},
                                {"seconds": 0.5, "cpuSeconds": 1.0},
                                {"seconds": 10.0, "cpuSeconds": 10.0}]}\
                    """));
    assertThat(json.get("sides").get(0).get("cosineMin").isNull()).isTrue();
    assertThat(json.get("notRun"))
        .extracting(side -> side.get("reason").textValue())
        .containsExactlyInAnyOrder("no jars", "no memory");
    assertThat(json.get("versions").get("engine").textValue()).isEqualTo("llama 1.0");
  }

  @Test
  void onAGpuRoundsReportUtilisationAndRatiosAreThoseOfTheBestBatch() throws Exception {
    ComparisonReport onGpu =
        new ComparisonReport(
            "a GPU",
            Map.of("java", "17"),
            "a model",
            Map.of("date", "2026-11-21T00:00:00Z", "commit", "abc"),
            List.of(SHORT),
            List.of(SideSpec.of("cpu-exact", "the reference", List.of())),
            GpuSides.ratios(List.of(1)),
            Roof.NONE,
            new Comparison.Outcome(
                List.of(
                    gpu("cpu", 0, Round.of(10, 10)),
                    gpu("gpu-1-context", 256, busy(2, 40), busy(2, 60)),
                    gpu("gpu-1-context", 512, busy(1, 90))),
                Map.of(),
                Map.of()));

    assertThat(ReportMarkdown.write(onGpu).lines())
        .contains(
            "Up to 2 texts of 15.0 tokens on average. Medians over the rounds; cosines to cpu-exact.",
            "| cpu | 100 | 100 |  |  |  | 2 |  |",
            "| gpu-1-context | 1,000 | 500 |  |  | 256 | 2 | 50 % |",
            "| gpu-1-context | 1,000 | 1,000 |  |  | 512 | 2 | 90 % |",
            "| gpu-1-context/cpu | tokens/s | 10.000 |  |  |");
    JsonNode json = new ObjectMapper().readTree(ReportJson.write(onGpu));
    assertThat(schema().validate(json)).isEmpty();
    assertThat(json.get("sides").get(1).get("rounds").get(0).get("gpuPercent").doubleValue())
        .isEqualTo(40);
  }

  private static SideResult gpu(String side, int batch, Round... rounds) {
    return new SideResult(side, "short", 2, 1000, batch, Optional.empty(), List.of(rounds));
  }

  private static Round busy(double seconds, double percent) {
    return Round.of(seconds, 1).withGpuUse(OptionalDouble.of(percent));
  }

  @Test
  void theTablesShowSpeedCosineAndSkippedSides() {
    assertThat(ReportMarkdown.write(report).lines())
        .contains(
            "- machine: a \"fast\" one",
            "| int16 | 21 | 1,000 |",
            "| engine | 500 | 1,000 | 0.9999800 | 0.9999999 |  | 2 | 0.50 |",
            "| onnxruntime-f32 | 500 | 1,000 |  |  | 16 | 1 |  |",
            "| engine/onnxruntime-f32 | tokens/CPU-s | 1.000 |  | ≥ 2.5 | **no** |",
            "| two-engines/engine | tokens/s | 2.000 |  |  |  |",
            "- engine: ours; llama 1.0",
            "- engine, batch 9: **did not run:** no memory",
            "- spark-nlp: theirs. **Did not run:** no jars");
  }
}
