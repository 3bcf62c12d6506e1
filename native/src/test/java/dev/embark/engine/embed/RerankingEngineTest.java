package dev.embark.engine.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.engine.TinyModel;
import dev.embark.engine.batch.ContextMemory;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelFile;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.options.RerankOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.engine.rows.TextPair;
import dev.embark.gguf.GgufValue;
import dev.embark.gguf.GgufValueType;
import dev.embark.imports.ImportType;
import dev.embark.imports.ModelImport;
import dev.embark.imports.TinyFolder;
import dev.embark.llama.LlamaContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.TokenBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Scores of an imported cross-encoder, whose tokens of the second text have a type of their own.
 */
class RerankingEngineTest {
  private static final int NO_MEMORY = -2;
  private static final int LONGEST = TinyFolder.LONGEST;

  // The pairs of src/test/python/tiny_reranker.py and the outputs that it prints.
  private static final List<byte[]> PAIRS =
      List.of(
          pair("the dogs run.", "the cat runs."),
          pair("the cat runs.", "the dogs run."),
          pair("dog", "cat"),
          pair("", "the cat"),
          pair("dog", ""),
          pair("dog ".repeat(12), "cat ".repeat(12)),
          pair("cat", "run the ".repeat(15)),
          pair("the ".repeat(30), "dog run"),
          pair("dog cat run ".repeat(5), "the run . ".repeat(4)),
          pair("zebra", "the zebra"));
  private static final float[] OF_PYTORCH = {
    -1.341837f,
    -1.330549f,
    -1.481934f,
    -1.470847f,
    -1.422036f,
    -1.408937f,
    -1.464432f,
    -1.369444f,
    -1.388675f,
    -1.437973f
  };
  private static final float[] ONLY_SECOND = {
    -1.341837f,
    -1.330549f,
    -1.481934f,
    -1.470847f,
    -1.422036f,
    -1.437853f,
    -1.464432f,
    Float.NaN,
    -1.431708f,
    -1.437973f
  };

  @TempDir static Path dir;
  private static Path file;
  private static LlamaModel model;

  @BeforeAll
  static void importFolder() throws IOException {
    file = convert(ImportType.F32);
    model = ModelLoader.load(file, ModelOptions.cpu());
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  private static Path convert(ImportType type) throws IOException {
    TinyFolder folder = TinyFolder.reranker(Files.createTempDirectory(dir, "folder"));
    Path target = dir.resolve("reranker-" + type + ".gguf");
    ModelImport.convert(folder.root(), "tiny", type, target);
    return target;
  }

  private static byte[] pair(String query, String document) {
    return new TextPair(
            query.getBytes(StandardCharsets.UTF_8), document.getBytes(StandardCharsets.UTF_8))
        .toBytes();
  }

  private static RerankingEngine open(LlamaModel opened, String... options) {
    Map<String, String> given = new HashMap<>();
    for (int i = 0; i < options.length; i += 2) {
      given.put(options[i], options[i + 1]);
    }
    return new RerankingEngine(opened, RerankOptions.of(given), ContextMemory.UNLIMITED);
  }

  @ParameterizedTest
  @EnumSource(names = {"EXACT", "FAST", "OFF"})
  void outputsAreThoseOfPyTorch(Acceleration acceleration) throws IOException {
    try (LlamaModel opened = ModelLoader.load(file, ModelOptions.cpu(acceleration));
        RerankingEngine engine = open(opened, "activation", "none")) {
      EmbeddedRows rows = engine.score(PAIRS, () -> false);
      // Without the type of the second text, outputs would differ by 1e-2 and more.
      float rounding = acceleration == Acceleration.EXACT ? 1e-4f : 2e-3f;
      for (int row = 0; row < PAIRS.size(); row++) {
        assertThat(rows.isDone(row)).isTrue();
        assertThat(engine.score(row)).as("row " + row).isCloseTo(OF_PYTORCH[row], within(rounding));
      }
    }
  }

  @Test
  void halfPrecisionWeightsGiveTheSameOutputs() throws IOException {
    try (LlamaModel opened = ModelLoader.load(convert(ImportType.F16), ModelOptions.cpu());
        RerankingEngine engine = open(opened, "activation", "none")) {
      engine.score(PAIRS, () -> false);
      for (int row = 0; row < PAIRS.size(); row++) {
        assertThat(engine.score(row)).isCloseTo(OF_PYTORCH[row], within(5e-3f));
      }
    }
  }

  @Test
  void theScoreIsTheSigmoidOfTheOutputUnlessTheModelSaysOtherwise() throws IOException {
    Path plain =
        ChangedModel.with(
            file, dir.resolve("plain.gguf"), "embark.score.activation", GgufValue.string("none"));
    float output = OF_PYTORCH[0];
    float sigmoid = (float) (1 / (1 + Math.exp(-output)));
    try (LlamaModel says = ModelLoader.load(plain, ModelOptions.cpu())) {
      assertThat(scoreOf(model)).isCloseTo(sigmoid, within(1e-3f));
      assertThat(scoreOf(model, "activation", "sigmoid")).isCloseTo(sigmoid, within(1e-3f));
      assertThat(scoreOf(says)).isCloseTo(output, within(2e-3f));
      assertThat(scoreOf(says, "activation", "sigmoid")).isCloseTo(sigmoid, within(1e-3f));
    }
  }

  private static float scoreOf(LlamaModel opened, String... options) {
    try (RerankingEngine engine = open(opened, options)) {
      engine.score(PAIRS.subList(0, 1), () -> false);
      return engine.score(0);
    }
  }

  @Test
  void aLongPairIsCutAsTheTokenizersOfHuggingFaceCutIt() {
    try (RerankingEngine engine = open(model, "activation", "none", "truncation", "only_second")) {
      EmbeddedRows rows = engine.score(PAIRS, () -> false);
      for (int row = 0; row < PAIRS.size(); row++) {
        if (Float.isNaN(ONLY_SECOND[row])) {
          assertThat(rows.error(row).kind()).isEqualTo(Kind.TOO_LONG);
          assertThat(rows.error(row)).hasMessageContaining("truncation=longest_first");
        } else {
          assertThat(engine.score(row)).isCloseTo(ONLY_SECOND[row], within(2e-3f));
        }
      }
    }
    try (RerankingEngine engine = open(model)) {
      EmbeddedRows rows = engine.score(PAIRS, () -> false);
      assertThat(List.of(rows.isTruncated(0), rows.isTruncated(5), rows.isTruncated(6)))
          .containsExactly(false, true, true);
      assertThat(List.of(rows.tokens(0), rows.tokens(2), rows.tokens(5)))
          .containsExactly(13, 5, LONGEST);
    }
    try (RerankingEngine engine = open(model, "truncation", "do_not_truncate")) {
      EmbeddedRows rows = engine.score(PAIRS, () -> false);
      assertThat(rows.isDone(0)).isTrue();
      assertThat(rows.error(5).kind()).isEqualTo(Kind.TOO_LONG);
      assertThat(rows.error(5)).hasMessageContaining("The pair has 27 tokens and maxTokens is 20");
    }
  }

  @Test
  void aPairHasTheSameScoreInAnyBatchAndANullRowHasNone() {
    List<byte[]> many = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      many.addAll(PAIRS);
      many.add(null);
    }
    Collections.rotate(many, 7);
    try (RerankingEngine engine = open(model, "batchTokens", "64");
        RerankingEngine alone = open(model)) {
      EmbeddedRows rows = engine.score(many, () -> false);
      for (int row = 0; row < many.size(); row++) {
        if (many.get(row) == null) {
          assertThat(rows.isDone(row)).isFalse();
          assertThat(rows.error(row)).isNull();
        } else {
          alone.score(many.subList(row, row + 1), () -> false);
          assertThat(engine.score(row)).isCloseTo(alone.score(0), within(1e-5f));
        }
      }
      assertThat(rows.batches()).isGreaterThan(50);
    }
  }

  @Test
  void tasksOfASharedContextGetTheScoresOfTheirPairs() {
    try (SharedEncoder shared = SharedEncoder.open(model, Pooling.RANK, 512, 1);
        RerankingEngine engine =
            new RerankingEngine(model, RerankOptions.of(Map.of("batchTokens", "512")), shared);
        RerankingEngine alone = open(model)) {
      engine.score(PAIRS, () -> false);
      alone.score(PAIRS, () -> false);
      for (int row = 0; row < PAIRS.size(); row++) {
        assertThat(engine.score(row)).isCloseTo(alone.score(row), within(1e-5f));
      }
    }
  }

  @Test
  void aFailedPairDoesNotAffectItsNeighbours() {
    int guilty = 5; // its batch alone has an odd number of tokens
    List<byte[]> pairs = new ArrayList<>(Collections.nCopies(12, pair("dog dog", "cat")));
    pairs.set(guilty, pair("dog", "cat"));
    Encoder.ContextFactory contexts =
        new Encoder.ContextFactory() {
          @Override
          public LlamaContext open(int capacity) {
            return new LlamaContext(model, capacity, Pooling.RANK) {
              @Override
              public int decodeNatively(Pointer context, TokenBatch batch) {
                return batch.size() % 2 == 1 ? NO_MEMORY : super.decodeNatively(context, batch);
              }
            };
          }

          @Override
          public int outputs(LlamaModel any) {
            return 1;
          }
        };
    try (RerankingEngine engine = new RerankingEngine(model, RerankOptions.defaults(), contexts);
        RerankingEngine sound = open(model)) {
      EmbeddedRows rows = engine.score(pairs, () -> false);
      sound.score(pairs, () -> false);
      for (int row = 0; row < pairs.size(); row++) {
        if (row == guilty) {
          assertThat(rows.error(row).kind()).isEqualTo(Kind.OUT_OF_MEMORY);
        } else {
          assertThat(rows.isDone(row)).as("row " + row).isTrue();
          assertThat(engine.score(row)).isCloseTo(sound.score(row), within(1e-5f));
        }
      }
    }
  }

  @Test
  void anEmbeddingModelGivesNoScoreAndARerankerNoVector() throws IOException {
    try (LlamaModel embeds = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu())) {
      assertThatThrownBy(() -> open(embeds))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MODEL))
          .hasMessageContaining("is no reranker: it has no head that scores a pair");
      assertThatThrownBy(() -> SharedEncoder.open(embeds, Pooling.RANK, 64, 1))
          .hasMessageContaining("is no reranker");
    }
    assertThatThrownBy(() -> new EmbeddingEngine(model, EmbedOptions.defaults()))
        .hasMessageContaining("is a reranker: it scores pairs of texts");
    assertThat(ModelFile.describe(model).isReranker()).isTrue();
    assertThat(ModelFile.describe(model).warnings()).isEmpty();
  }

  @Test
  void aFileWhoseScoresWouldBeWrongIsRefusedWithTheReason() throws IOException {
    String pair = "embark.pair.separators";
    refused(ChangedModel.without(file, dir.resolve("a.gguf"), pair), "has 2 token types, but");
    refused(changed("b.gguf", pair, GgufValue.uint32(9)), "unusable embark.pair metadata");
    refused(changed("c.gguf", "embark.pair.offset", GgufValue.uint32(5)), "unusable embark.pair");
    Path bare =
        ChangedModel.with(
            TinyModel.wordPiece(dir),
            dir.resolve("bare.gguf"),
            "bert.pooling_type",
            GgufValue.uint32(4));
    refused(bare, "lacks cls.weight");
    Path head =
        ChangedModel.withTensor(
            bare, dir.resolve("head.gguf"), "cls.output.weight", TinyModel.DIMENSIONS, 2);
    GgufValue labels = GgufValue.array(GgufValueType.STRING, List.of("no", "yes"));
    String key = "bert.classifier.output_labels";
    refused(
        ChangedModel.with(head, dir.resolve("labels.gguf"), key, labels), "has a head of 2 labels");
  }

  private static Path changed(String name, String key, GgufValue value) throws IOException {
    return ChangedModel.with(file, dir.resolve(name), key, value);
  }

  private static void refused(Path damaged, String reason) throws IOException {
    try (LlamaModel opened = ModelLoader.load(damaged, ModelOptions.cpu())) {
      assertThatThrownBy(() -> open(opened))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MODEL))
          .hasMessageContaining(reason);
      assertThat(String.join(" ", ModelFile.describe(opened).warnings())).contains(reason);
    }
  }

  @ParameterizedTest
  @CsvSource({"21, the model's context is 20", "4, OK", "3, it takes 4 or more"})
  void theLongestPairFitsTheModel(String tokens, String message) {
    if (message.equals("OK")) {
      try (RerankingEngine engine = open(model, "maxTokens", tokens)) {
        EmbeddedRows rows = engine.score(PAIRS, () -> false);
        assertThat(rows.isDone(0)).isTrue();
        assertThat(rows.tokens(0)).isEqualTo(4);
      }
    } else {
      assertThatThrownBy(() -> open(model, "maxTokens", tokens))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.OPTION))
          .hasMessageContaining(message);
    }
  }
}
