package dev.embark.engine.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.embark.engine.Embedded;
import dev.embark.engine.TinyDecoder;
import dev.embark.engine.TinyModel;
import dev.embark.engine.model.ChangedModel;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.Finish;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.engine.text.Vocabulary;
import dev.embark.gguf.GgufTensorType;
import dev.embark.gguf.GgufValue;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of many prompts in one context. */
class GenerationEngineTest {
  private static final int PROMPTS = 200;

  @TempDir static Path dir;
  private static final Map<TinyDecoder, LlamaModel> MODELS = new EnumMap<>(TinyDecoder.class);

  @BeforeAll
  static void loadModels() throws IOException {
    for (TinyDecoder kind : TinyDecoder.values()) {
      MODELS.put(kind, ModelLoader.load(kind.write(dir), ModelOptions.cpu()));
    }
  }

  @AfterAll
  static void closeModels() {
    MODELS.values().forEach(LlamaModel::close);
  }

  @ParameterizedTest
  @EnumSource(TinyDecoder.class)
  void theLikeliestAnswersOfManyPromptsInOneContextAreThoseOfEachAlone(TinyDecoder kind) {
    List<String> prompts = prompts(PROMPTS);
    GeneratedRows together = generate(kind, Map.of("maxTokens", "24"), prompts);

    assertThat(differing(texts(together), alone(kind, Map.of("maxTokens", "24"), prompts)))
        .isEmpty();
    assertThat(finishes(together)).contains(Finish.STOP, Finish.LENGTH);
    assertThat(texts(together).stream().distinct().count()).isGreaterThan(PROMPTS / 2);
  }

  /** Sums of quantised products jump where those of floats move, wherever else sums changed. */
  @ParameterizedTest
  @EnumSource(
      value = GgufTensorType.class,
      names = {"Q8_0", "F16"})
  void answersOfQuantisedModelsDoNotDependOnTheirNeighbours(GgufTensorType type)
      throws IOException {
    List<String> prompts = prompts(60);
    Map<String, String> options = Map.of("maxTokens", "40", "contextTokens", "4096");
    try (LlamaModel model =
        ModelLoader.load(TinyDecoder.QWEN3.write(dir, type), ModelOptions.cpu())) {
      List<String> together = answers(model, options, "16", prompts);
      assertThat(differing(together, answers(model, options, "1", prompts))).isEmpty();
    }
  }

  /** The accelerator multiplies eight or more rows of such weights, llama.cpp fewer. */
  @Test
  void answersOfAQuantisedModelDependNeitherOnTheOrderNorOnTheOptionDeterministic()
      throws IOException {
    List<String> prompts = prompts(40);
    List<String> shuffled = new ArrayList<>(prompts);
    Collections.shuffle(shuffled, new Random(9));
    Map<String, String> options = Map.of("maxTokens", "24", "contextTokens", "4096");
    Path file = TinyDecoder.LLAMA.write(dir, GgufTensorType.Q8_0);
    List<String> expected;
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      expected = answers(model, options, "1", prompts);
      List<String> others = answers(model, options, "16", shuffled);
      assertThat(shuffled.stream().map(p -> expected.get(prompts.indexOf(p))).toList())
          .isEqualTo(others);
    }
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(Acceleration.OFF, true))) {
      assertThat(answers(model, options, "16", prompts)).isEqualTo(expected);
    }
  }

  @Test
  void answersOfAQuantisedModelDoNotDependOnASharedPrefix() throws IOException {
    List<String> prompts =
        prompts(24).stream().map(p -> "Read this to the end, then go on: " + p).toList();
    Map<String, String> options = Map.of("maxTokens", "24", "contextTokens", "4096");
    Path file = TinyDecoder.QWEN3.write(dir, GgufTensorType.Q8_0);
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      List<String> alone =
          prompts.stream().map(p -> answers(model, options, "1", List.of(p)).get(0)).toList();
      assertThat(differing(answers(model, options, "16", prompts), alone)).isEmpty();
    }
  }

  @Test
  void rowsThatFillTheContextAreAnsweredAsAlone() throws IOException {
    Path file =
        ChangedModel.with(
            TinyDecoder.LLAMA.write(dir),
            dir.resolve("long.gguf"),
            "llama.context_length",
            GgufValue.uint32(2048));
    List<String> prompts = new ArrayList<>(prompts(12));
    for (int length : List.of(300, 1000, 620, 310, 480)) {
      prompts.add(length % 7, "x y ".repeat(length / 4) + length);
    }
    Map<String, String> options = Map.of("maxTokens", "12", "contextTokens", "1030");
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      assertThat(answers(model, options, "4", prompts))
          .doesNotContainNull()
          .isEqualTo(answers(model, options, "1", prompts));
    }
  }

  private static List<String> answers(
      LlamaModel model, Map<String, String> options, String sequences, List<String> prompts) {
    Map<String, String> all = new HashMap<>(options);
    all.put("sequences", sequences);
    try (GenerationEngine engine = new GenerationEngine(model, GenerateOptions.of(all))) {
      return texts(engine.generate(utf8(prompts), () -> false));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"257", "300"})
  void anyBatchSizeServes(String batchTokens) {
    TinyDecoder kind = TinyDecoder.values()[0];
    List<String> prompts = prompts(20);
    Map<String, String> options = Map.of("maxTokens", "8", "batchTokens", batchTokens);

    assertThat(texts(generate(kind, options, prompts)))
        .isEqualTo(alone(kind, Map.of("maxTokens", "8"), prompts));
  }

  @ParameterizedTest
  @EnumSource(TinyDecoder.class)
  void drawnAnswersDependOnSeedAndPromptAndNotOnThePlace(TinyDecoder kind) {
    Map<String, String> options = Map.of("maxTokens", "16", "temperature", "1", "seed", "7");
    List<String> prompts = prompts(50);
    List<String> first = texts(generate(kind, options, prompts));

    assertThat(differing(texts(generate(kind, options, prompts)), first)).isEmpty();
    // A draw is one of many numbers, and falls between two tokens more often than these are even.
    assertThat(differing(alone(kind, options, prompts), first)).hasSizeLessThan(2);
    List<String> backwards = new ArrayList<>(prompts);
    Collections.reverse(backwards);
    List<String> reversed = new ArrayList<>(texts(generate(kind, options, backwards)));
    Collections.reverse(reversed);
    assertThat(differing(reversed, first)).hasSizeLessThan(2);

    Map<String, String> otherSeed = new HashMap<>(options);
    otherSeed.put("seed", "8");
    assertThat(differing(texts(generate(kind, otherSeed, prompts)), first))
        .hasSizeGreaterThan(prompts.size() / 2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"topK", "topP", "minP"})
  void samplingFromOneTokenReturnsTheMostLikelyToken(String narrowed) {
    Map<String, String> options =
        Map.of(
            "maxTokens", "12", "temperature", "2", narrowed, narrowed.equals("topP") ? "0" : "1");
    List<String> prompts = prompts(20);

    assertThat(
            differing(
                texts(generate(TinyDecoder.QWEN3, options, prompts)),
                texts(generate(TinyDecoder.QWEN3, Map.of("maxTokens", "12"), prompts))))
        .isEmpty();
  }

  @Test
  void aPlaceThatIsFreeIsTakenAtOnce() {
    // One long answer and many short ones, two places: the short ones pass through the second.
    List<String> prompts = prompts(40);
    GeneratedRows rows =
        generate(TinyDecoder.QWEN3, Map.of("sequences", "2", "maxTokens", "64"), prompts);
    long tokens = IntStream.range(0, 40).map(rows::generatedTokens).sum();

    assertThat(finishes(rows)).contains(Finish.STOP, Finish.LENGTH);
    // Both places give a token a batch, but for the end of the window.
    assertThat(rows.batches()).isLessThan((long) (0.6 * tokens) + 64);
  }

  @Test
  void whatPromptsHaveInCommonIsComputedOnce() {
    String common =
        "the same long words before each of the questions that are asked here ".repeat(2);
    List<String> prompts = prompts(30).stream().map(prompt -> common + prompt).toList();
    Map<String, String> options =
        Map.of("maxTokens", "1", "batchTokens", "32", "sequences", "8", "contextTokens", "2048");
    GeneratedRows rows = generate(TinyDecoder.LLAMA, options, prompts);
    long tokens = IntStream.range(0, 30).map(rows::tokens).sum();

    assertThat(differing(texts(rows), alone(TinyDecoder.LLAMA, options, prompts))).isEmpty();
    assertThat(tokens).isGreaterThan(30 * 60);
    assertThat(rows.batches() * 32).as("tokens computed").isLessThan(tokens / 2);
  }

  @Test
  void windowsThatBeginAlikeOrNotFollowEachOther() {
    Map<String, String> options = Map.of("maxTokens", "8", "system", "be brief");
    List<String> prompts = prompts(24);
    List<String> expected = alone(TinyDecoder.QWEN3, options, prompts);
    try (GenerationEngine engine = engine(TinyDecoder.QWEN3, options)) {
      List<String> texts = new ArrayList<>();
      for (int from = 0; from < 24; from += 6) {
        texts.addAll(texts(engine.generate(utf8(prompts.subList(from, from + 6)), () -> false)));
      }
      assertThat(differing(texts, expected)).isEmpty();
    }
  }

  @Test
  void rowsThatHaveNoAnswerCostTheirNeighboursNothing() {
    List<String> prompts = new ArrayList<>(prompts(4));
    prompts.add(1, null);
    prompts.add(2, "");
    prompts.add(3, "x".repeat(TinyDecoder.CONTEXT));
    GeneratedRows rows = generate(TinyDecoder.QWEN3, Map.of("maxTokens", "8"), prompts);

    assertThat(rows.text(1)).isNull();
    assertThat(rows.finish(1)).isNull();
    assertThat(rows.error(1)).isNull();
    assertThat(rows.error(2).kind()).isEqualTo(Kind.EMPTY);
    assertThat(rows.error(3).kind()).isEqualTo(Kind.TOO_LONG);
    assertThat(rows.error(3)).hasMessageContaining("longText=truncate");
    assertThat(rows.finish(3)).isEqualTo(Finish.ERROR);
    for (int row : List.of(0, 4, 5, 6)) {
      assertThat(rows.text(row))
          .isEqualTo(
              alone(TinyDecoder.QWEN3, Map.of("maxTokens", "8"), List.of(prompts.get(row))).get(0));
    }
  }

  @Test
  void aPromptThatIsTooLongCanBeCut() {
    Map<String, String> options = Map.of("maxTokens", "56", "longText", "truncate");
    String whole = "a b c d e f g h ".repeat(40);
    GeneratedRows rows = generate(TinyDecoder.LLAMA, options, List.of(whole, "a b c"));

    assertThat(rows.isTruncated(0)).isTrue();
    assertThat(rows.tokens(0)).isEqualTo(TinyDecoder.CONTEXT - 56);
    assertThat(rows.isDone(0)).isTrue();
    assertThat(rows.isTruncated(1)).isFalse();
  }

  @Test
  void anAnswerEndsWhereTheContextDoes() {
    String prompt = "x".repeat(TinyDecoder.CONTEXT - 40);
    GeneratedRows rows = generate(TinyDecoder.LLAMA, Map.of("maxTokens", "1000"), List.of(prompt));

    assertThat(rows.finish(0)).isEqualTo(Finish.LENGTH);
    assertThat(rows.tokens(0) + rows.generatedTokens(0)).isEqualTo(TinyDecoder.CONTEXT);
  }

  @ParameterizedTest
  @EnumSource(TinyDecoder.class)
  void aControlTokenInAPromptIsText(TinyDecoder kind) {
    String plain = "dog";
    GeneratedRows rows =
        generate(kind, Map.of("maxTokens", "1"), List.of(plain, kind.end() + plain));

    // One token if it were taken for what it looks like.
    assertThat(rows.tokens(1) - rows.tokens(0)).isGreaterThanOrEqualTo(kind.end().length() - 1);
  }

  @Test
  void theModelsTemplateSurroundsAPrompt() {
    String chat = "<|im_start|>user\ndog<|im_end|>\n<|im_start|>assistant\n";
    Vocabulary vocabulary = new Vocabulary(MODELS.get(TinyDecoder.QWEN3));
    int[] expected = vocabulary.trusted(chat);
    GeneratedRows rows = generate(TinyDecoder.QWEN3, Map.of("maxTokens", "1"), List.of("dog"));

    assertThat(rows.tokens(0)).isEqualTo(expected.length);
    int[] withSystem = vocabulary.trusted("<|im_start|>system\nbe kind<|im_end|>\n" + chat);
    GeneratedRows instructed =
        generate(TinyDecoder.QWEN3, Map.of("maxTokens", "1", "system", "be kind"), List.of("dog"));
    assertThat(instructed.tokens(0)).isEqualTo(withSystem.length);
    GeneratedRows bare =
        generate(
            TinyDecoder.QWEN3, Map.of("maxTokens", "1", "chatTemplate", "none"), List.of("dog"));
    assertThat(bare.tokens(0)).isEqualTo(3);
  }

  @Test
  void aStopWordEndsAnAnswerAndIsLeftOut() {
    Map<String, String> options = Map.of("maxTokens", "24");
    List<String> prompts = prompts(20);
    GeneratedRows free = generate(TinyDecoder.LLAMA, options, prompts);
    int row = IntStream.range(0, 20).filter(i -> asciiAt(free.text(i)) >= 0).findFirst().getAsInt();
    String text = free.text(row);
    String word = text.substring(asciiAt(text), asciiAt(text) + 1);
    GeneratedRows stopped =
        generate(
            TinyDecoder.LLAMA, Map.of("maxTokens", "24", "stop", "never in it||" + word), prompts);

    assertThat(stopped.finish(row)).isEqualTo(Finish.STOP_WORD);
    assertThat(stopped.text(row)).isEqualTo(text.substring(0, text.indexOf(word)));
    assertThat(stopped.generatedTokens(row)).isLessThan(free.generatedTokens(row));
  }

  /** Where in the middle of a text a letter is, or -1. */
  private static int asciiAt(String text) {
    return IntStream.range(1, text.length() - 2)
        .filter(i -> text.charAt(i - 1) < 128 && text.charAt(i) >= 'a' && text.charAt(i) <= 'z')
        .findFirst()
        .orElse(-1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1.5"})
  void everyAnswerIsAsTheGrammarWants(String temperature) {
    Map<String, String> options =
        Map.of("grammar", "root ::= (\"yes\" | \"no\") \" \" [0-9]{2}", "temperature", temperature);
    GeneratedRows rows = generate(TinyDecoder.LLAMA, options, prompts(30));

    assertThat(texts(rows)).allMatch(text -> text.matches("(yes|no) [0-9]{2}"));
    assertThat(finishes(rows)).containsOnly(Finish.STOP);
  }

  @Test
  void optionsThatDoNotFitTheModelFailBeforeAnyRow() {
    assertThatThrownBy(() -> engine(TinyDecoder.QWEN3, Map.of("grammar", "root ::= (")))
        .hasMessageContaining("grammar cannot be parsed");
    assertThatThrownBy(() -> engine(TinyDecoder.LLAMA, Map.of("system", "be kind")))
        .hasMessageContaining(
            "the model " + MODELS.get(TinyDecoder.LLAMA).path() + " has no template");
    assertThatThrownBy(() -> engine(TinyDecoder.LLAMA, Map.of("chatTemplate", "chatmll")))
        .hasMessageContaining("no chat template 'chatmll'");
    assertThatThrownBy(() -> engine(TinyDecoder.LLAMA, Map.of("batchTokens", "8")))
        .hasMessageContaining("too few for 16 sequences");
  }

  @Test
  void anEncoderGeneratesNothing() throws IOException {
    try (LlamaModel encoder = ModelLoader.load(TinyModel.wordPiece(dir), ModelOptions.cpu())) {
      assertThatThrownBy(() -> new GenerationEngine(encoder, GenerateOptions.defaults()))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.MODEL))
          .hasMessageContaining("generation takes a decoder");
    }
  }

  @Test
  void aTokenMoreAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    String grammar = "root ::= [a-z]{230}"; // so that no answer ends by itself
    List<byte[]> window = utf8(prompts(8));
    long[] bytes = new long[2];
    for (int i = 0; i < 2; i++) {
      Map<String, String> options =
          Map.of("grammar", grammar, "maxTokens", i == 0 ? "20" : "220", "contextTokens", "4096");
      try (GenerationEngine engine = engine(TinyDecoder.LLAMA, options)) {
        engine.generate(window, () -> false); // buffers grow, classes load
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        GeneratedRows rows = engine.generate(window, () -> false);
        bytes[i] = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
        assertThat(finishes(rows)).containsOnly(Finish.LENGTH);
      }
    }
    // 200 batches of up to 8 tokens; what is left is the longer text itself.
    assertThat(bytes[1] - bytes[0]).isLessThan(8 * 200 * 4);
  }

  private static GenerationEngine engine(TinyDecoder kind, Map<String, String> options) {
    Map<String, String> all = new HashMap<>(options);
    all.putIfAbsent("contextTokens", "1024");
    return new GenerationEngine(MODELS.get(kind), GenerateOptions.of(all));
  }

  private static GeneratedRows generate(
      TinyDecoder kind, Map<String, String> options, List<String> prompts) {
    try (GenerationEngine engine = engine(kind, options)) {
      return engine.generate(utf8(prompts), () -> false);
    }
  }

  private static List<String> alone(
      TinyDecoder kind, Map<String, String> options, List<String> prompts) {
    Map<String, String> one = new HashMap<>(options);
    one.put("sequences", "1");
    try (GenerationEngine engine = engine(kind, one)) {
      return prompts.stream()
          .map(prompt -> engine.generate(utf8(List.of(prompt)), () -> false).text(0))
          .toList();
    }
  }

  private static List<byte[]> utf8(List<String> prompts) {
    return Embedded.utf8(prompts.toArray(String[]::new));
  }

  private static List<String> texts(GeneratedRows rows) {
    return IntStream.range(0, rows.size()).mapToObj(rows::text).toList();
  }

  /** The rows whose texts differ. */
  private static List<Integer> differing(List<String> some, List<String> others) {
    assertThat(some).hasSameSizeAs(others);
    return IntStream.range(0, some.size())
        .filter(row -> !Objects.equals(some.get(row), others.get(row)))
        .boxed()
        .toList();
  }

  private static List<Finish> finishes(GeneratedRows rows) {
    return IntStream.range(0, rows.size()).mapToObj(rows::finish).toList();
  }

  private static List<String> prompts(int n) {
    Random random = new Random(5);
    return IntStream.range(0, n)
        .mapToObj(i -> TinyModel.words(random, 1 + random.nextInt(8)) + " " + i)
        .toList();
  }
}
