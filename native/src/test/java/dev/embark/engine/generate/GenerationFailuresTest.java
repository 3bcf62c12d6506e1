package dev.embark.engine.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.embark.engine.Embedded;
import dev.embark.engine.TinyDecoder;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.EmbarkException;
import dev.embark.engine.rows.EmbarkException.Kind;
import dev.embark.engine.rows.Finish;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.llama.GenerationContext;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import dev.embark.llama.Sampler;
import dev.embark.llama.StreamLayout;
import dev.embark.llama.TokenBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of a window of prompts when native calls fail. */
class GenerationFailuresTest {
  private static final int ROWS = 6;
  private static final int NO_MEMORY = -2;
  private static final Map<String, String> OPTIONS =
      Map.of("maxTokens", "10", "contextTokens", "1024");

  @TempDir static Path dir;
  private static LlamaModel model;
  private static List<String> expected;

  private int decoded; // calls
  private int sampled; // calls

  @BeforeAll
  static void answerWithoutFailures() throws IOException {
    model = ModelLoader.load(TinyDecoder.LLAMA.write(dir), ModelOptions.cpu());
    try (GenerationEngine engine = new GenerationEngine(model, GenerateOptions.of(OPTIONS))) {
      expected = texts(engine.generate(window(), () -> false));
    }
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  /** A context whose calls come to what a test wants; 0 and a token are the real thing. */
  private class Failing extends GenerationContext {
    private final IntPredicate decodeFails;
    private final IntPredicate sampleFails;
    private final int code;

    Failing(
        LlamaModel model,
        StreamLayout layout,
        int batchTokens,
        int code,
        IntPredicate decodeFails,
        IntPredicate sampleFails) {
      super(model, layout, batchTokens);
      this.code = code;
      this.decodeFails = decodeFails;
      this.sampleFails = sampleFails;
    }

    @Override
    public int decodeNatively(Pointer context, TokenBatch batch) {
      int real = super.decodeNatively(context, batch);
      return decodeFails.test(decoded++) ? code : real;
    }

    @Override
    public int sample(Sampler sampler, int index) {
      int real = super.sample(sampler, index);
      return sampleFails.test(sampled++) ? code : real;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 8})
  void aCallThatFailsOnceCostsNoAnswer(int call) {
    GeneratedRows rows = generate(OPTIONS, NO_MEMORY, n -> n == call, n -> false);

    assertThat(texts(rows)).isEqualTo(expected);
  }

  @Test
  void outputsThatAreNotFiniteOnceCostNoAnswer() {
    GeneratedRows rows = generate(OPTIONS, Sampler.NOT_FINITE, n -> false, n -> n == 7 || n == 9);

    assertThat(texts(rows)).isEqualTo(expected);
  }

  @Test
  void aPermanentFailureFailsEachRowWithItsReason() {
    GeneratedRows rows = generate(OPTIONS, NO_MEMORY, n -> true, n -> false);

    for (int row = 0; row < ROWS; row++) {
      assertThat(rows.finish(row)).isEqualTo(Finish.ERROR);
      assertThat(rows.error(row).kind()).isEqualTo(Kind.OUT_OF_MEMORY);
      assertThat(rows.text(row)).isNull();
    }
  }

  @Test
  void aRowIsTriedAgainAsOftenAsTheOptionSays() {
    generate(with("retries", "0"), Sampler.NOT_FINITE, n -> false, n -> true);
    int once = sampled;
    sampled = 0;
    GeneratedRows rows = generate(with("retries", "2"), Sampler.NOT_FINITE, n -> false, n -> true);

    // All of them together, and then each alone.
    assertThat(once).isEqualTo(2 * ROWS);
    assertThat(sampled).isEqualTo(ROWS + 3 * ROWS);
    assertThat(rows.error(0).kind()).isEqualTo(Kind.NOT_FINITE);
  }

  @Test
  void aCancelledWindowLeavesTheEngineUsable() {
    try (GenerationEngine engine = new GenerationEngine(model, GenerateOptions.of(OPTIONS))) {
      int[] asked = {0};
      assertThatThrownBy(() -> engine.generate(window(), () -> asked[0]++ == ROWS + 5))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
      engine.cancel(true);
      assertThatThrownBy(() -> engine.generate(window(), () -> false))
          .isInstanceOfSatisfying(
              EmbarkException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CANCELLED));
      engine.cancel(false);

      assertThat(texts(engine.generate(window(), () -> false))).isEqualTo(expected);
    }
  }

  @Test
  void aClosedEngineSaysSo() {
    GenerationEngine engine = new GenerationEngine(model, GenerateOptions.of(OPTIONS));
    engine.close();
    engine.close();

    assertThatThrownBy(() -> engine.generate(window(), () -> false))
        .isInstanceOf(IllegalStateException.class);
  }

  private GeneratedRows generate(
      Map<String, String> options, int code, IntPredicate decodeFails, IntPredicate sampleFails) {
    try (GenerationEngine engine =
        new GenerationEngine(
            model,
            GenerateOptions.of(options),
            (m, layout, tokens) ->
                new Failing(m, layout, tokens, code, decodeFails, sampleFails))) {
      return engine.generate(window(), () -> false);
    }
  }

  private static Map<String, String> with(String key, String value) {
    Map<String, String> options = new java.util.HashMap<>(OPTIONS);
    options.put(key, value);
    return options;
  }

  private static List<byte[]> window() {
    return Embedded.utf8(
        IntStream.range(0, ROWS).mapToObj(i -> "the dog sees " + i).toArray(String[]::new));
  }

  private static List<String> texts(GeneratedRows rows) {
    return IntStream.range(0, rows.size()).mapToObj(rows::text).toList();
  }
}
