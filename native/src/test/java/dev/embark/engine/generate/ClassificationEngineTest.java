package dev.embark.engine.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.embark.engine.ForwardPass;
import dev.embark.engine.TinyDecoder;
import dev.embark.engine.TinyWeights;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.ClassifyOptions;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.ClassifiedRows;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.text.PromptTokenizer;
import dev.embark.engine.text.Vocabulary;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Scores of labels, against a plain forward pass in double precision. */
class ClassificationEngineTest {
  // Some begin with others, and "th" is one token, "ht" two.
  private static final List<String> LABELS = List.of("t", "th", "tht", "ht", "a b", "ü");
  private static final List<String> TEXTS = List.of("one", "the other", "x".repeat(60), "the");

  @TempDir static Path dir;
  private static Path file;
  private static LlamaModel model;

  @BeforeAll
  static void loadModel() throws IOException {
    file = TinyDecoder.QWEN3.write(dir);
    model = ModelLoader.load(file, ModelOptions.cpu());
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  private static ClassifiedRows classify(
      LlamaModel of, Map<String, String> options, List<String> labels, List<String> texts) {
    Map<String, String> all = new TreeMap<>(options);
    all.putIfAbsent("instruction", "Pick: {labels}.");
    all.putIfAbsent("contextTokens", "1024");
    ClassifyOptions withLabels = ClassifyOptions.of(all).withLabels(labels);
    try (ClassificationEngine engine = new ClassificationEngine(of, withLabels)) {
      return engine.classify(bytes(texts), () -> false);
    }
  }

  private static List<byte[]> bytes(List<String> texts) {
    List<byte[]> bytes = new ArrayList<>();
    texts.forEach(t -> bytes.add(t == null ? null : t.getBytes(StandardCharsets.UTF_8)));
    return bytes;
  }

  @Test
  void aScoreIsTheShareOfTheLikelihoodOfALabelAndItsEnd() throws IOException {
    ClassifiedRows rows = classify(model, Map.of(), LABELS, TEXTS);

    for (int row = 0; row < TEXTS.size(); row++) {
      double[] expected = expected(TEXTS.get(row));
      assertThat(rows.error(row)).isNull();
      assertThat(rows.scores(row)).hasSize(LABELS.size());
      for (int label = 0; label < LABELS.size(); label++) {
        assertThat(rows.scores(row)[label])
            .as(TEXTS.get(row) + " as " + LABELS.get(label))
            .isCloseTo(expected[label], within(1e-4));
      }
      assertThat(Arrays.stream(rows.scores(row)).sum()).isCloseTo(1, within(1e-12));
    }
    assertThat(rows.tokens(0)).isEqualTo(prompt("one").length);
  }

  private static double[] expected(String text) throws IOException {
    TinyWeights weights = TinyWeights.read(file);
    int[] prompt = prompt(text);
    int end = model.vocabularySize() - 1;
    double[] likelihoods = new double[LABELS.size()];
    for (int i = 0; i < likelihoods.length; i++) {
      byte[] utf8 = LABELS.get(i).getBytes(StandardCharsets.UTF_8);
      int[] label = new Vocabulary(model).plain(utf8);
      int[] ids = IntStream.concat(Arrays.stream(prompt), Arrays.stream(label)).toArray();
      double[][] x = new ForwardPass(weights).qwen3(ids);
      double log = 0;
      for (int j = prompt.length; j <= ids.length; j++) {
        log +=
            logProbability(weights.get("output.weight"), x[j - 1], j < ids.length ? ids[j] : end);
      }
      likelihoods[i] = Math.exp(log);
    }
    double sum = Arrays.stream(likelihoods).sum();
    return Arrays.stream(likelihoods).map(likelihood -> likelihood / sum).toArray();
  }

  private static int[] prompt(String text) {
    return new Vocabulary(model)
        .trusted(
            "<|im_start|>user\nPick: "
                + String.join(", ", LABELS)
                + ".\n\n"
                + text
                + "<|im_end|>\n<|im_start|>assistant\n");
  }

  private static double logProbability(float[] output, double[] x, int token) {
    double[] logits = new double[output.length / x.length];
    for (int t = 0; t < logits.length; t++) {
      for (int i = 0; i < x.length; i++) {
        logits[t] += output[t * x.length + i] * x[i];
      }
    }
    double sum = Arrays.stream(logits).map(Math::exp).sum();
    return logits[token] - Math.log(sum);
  }

  @ParameterizedTest
  @CsvSource({"sequences,2", "sequences,4", "batchTokens,20", "contextTokens,512"})
  void aScoreDoesNotDependOnHowLabelsAndPromptsAreSplit(String option, String value) {
    ClassifiedRows whole = classify(model, Map.of(), LABELS, TEXTS);
    ClassifiedRows parts = classify(model, Map.of(option, value), LABELS, TEXTS);

    for (int row = 0; row < TEXTS.size(); row++) {
      assertThat(parts.scores(row)).containsExactly(whole.scores(row), within(1e-5));
    }
  }

  @Test
  void aTextHasTheSameScoresAfterAnyOther() {
    List<String> reversed = new ArrayList<>(TEXTS);
    Collections.reverse(reversed);
    ClassifiedRows rows = classify(model, Map.of(), LABELS, TEXTS);
    ClassifiedRows others = classify(model, Map.of(), LABELS, reversed);

    for (int row = 0; row < TEXTS.size(); row++) {
      assertThat(others.scores(TEXTS.size() - 1 - row))
          .containsExactly(rows.scores(row), within(1e-6));
    }
  }

  @Test
  void aTextThatCannotBeClassifiedFailsAlone() {
    List<String> texts = Arrays.asList("one", null, "", "x".repeat(400), "the");
    ClassifiedRows rows = classify(model, Map.of(), LABELS, texts);

    assertThat(rows.scores(0)).isNotNull();
    assertThat(rows.isDone(1)).isFalse();
    assertThat(rows.error(1)).isNull();
    assertThat(rows.error(2).kind()).isEqualTo(Kind.EMPTY);
    assertThat(rows.error(3).kind()).isEqualTo(Kind.TOO_LONG);
    assertThat(rows.scores(4)).isNotNull();

    ClassifiedRows cut = classify(model, Map.of("longText", "truncate"), LABELS, texts);
    assertThat(cut.isTruncated(3)).isTrue();
    assertThat(cut.tokens(3)).isBetween(240, 253); // the longest label has 3 tokens
    assertThat(cut.scores(3)).isNotNull();
    assertThat(cut.scores(4)).containsExactly(rows.scores(4), within(1e-5));
  }

  @Test
  void aModelWithoutAChatContinuesThePrompt() throws IOException {
    try (LlamaModel plain = ModelLoader.load(TinyDecoder.LLAMA.write(dir), ModelOptions.cpu())) {
      ClassifiedRows rows = classify(plain, Map.of(), List.of("a", "the", "the a"), TEXTS);

      for (int row = 0; row < TEXTS.size(); row++) {
        assertThat(rows.error(row)).isNull();
        assertThat(Arrays.stream(rows.scores(row)).sum()).isCloseTo(1, within(1e-12));
      }
      assertThat(rows.tokens(0))
          .isEqualTo(
              1
                  + new Vocabulary(plain)
                      .plain(
                          "Pick: a, the, the a.\n\none\n\nLabel:".getBytes(StandardCharsets.UTF_8))
                      .length);
    }
  }

  /** "t" and "he" are two tokens to a model that continues "t", and "th" and "e" in a text. */
  @Test
  void aLabelThatMergesWithTheEndOfThePromptHasItsOwnTokens() {
    GenerateOptions options =
        GenerateOptions.of(Map.of("chatTemplate", "{{ messages[0].content }} t"));
    Vocabulary vocabulary = new Vocabulary(model);
    try (PromptTokenizer prompts = new PromptTokenizer(model, vocabulary, options, 256)) {
      assertThat(vocabulary.plain(bytes(List.of("the")).get(0))).hasSize(2);
      assertThat(prompts.continuation("he"))
          .hasSize(2)
          .isEqualTo(vocabulary.plain(bytes(List.of("he")).get(0)));
      assertThat(prompts.continuation("x")).isEqualTo(vocabulary.plain(bytes(List.of("x")).get(0)));
    }
  }

  @Test
  void cancellingKeepsTheEngineUsable() {
    ClassifyOptions options = ClassifyOptions.of(Map.of()).withLabels(LABELS);
    try (ClassificationEngine engine = new ClassificationEngine(model, options)) {
      engine.cancel(true);
      assertThatThrownBy(() -> engine.classify(bytes(TEXTS), () -> false))
          .isInstanceOf(EmbarkException.class)
          .hasMessage("The work was cancelled.");
      engine.cancel(false);
      assertThat(engine.classify(bytes(TEXTS), () -> false).scores(0)).isNotNull();
    }
  }

  @Test
  void aLabelHasToFitTheContext() {
    assertThatThrownBy(
            () -> classify(model, Map.of(), List.of("a", "b".repeat(300)), List.of("one")))
        .isInstanceOf(EmbarkException.class)
        .hasMessageStartingWith("A label has up to 300 tokens, a batch ");
  }

  @Test
  void sharesOfLogarithms() {
    assertThat(LabelScorer.softmax(new double[] {-1000, -1000, -1e6}))
        .containsExactly(new double[] {0.5, 0.5, 0}, within(1e-12));
    assertThat(
            LabelScorer.softmax(new double[] {Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY}))
        .containsExactly(0.5, 0.5);
  }
}
