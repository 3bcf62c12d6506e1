package dev.embark.model.parity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.embark.engine.generate.GenerationEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Answers of a real model whose weights are in Q4_1 and Q8_0. With one sequence llama.cpp computes
 * each token alone; with 16 the accelerator computes the products of all rows.
 */
@Tag("models")
class GenerationParityTest {
  private static final List<String> SUBJECTS =
      List.of("the moon", "volcanoes", "tea", "glaciers", "the violin", "DNA", "honey bees");
  private static final List<String> FORMS =
      List.of(
          "The most surprising thing about %s is that",
          "A short history of %s, for readers who know nothing of it yet:",
          "Once upon a time, a child asked her teacher about %s and");

  @Test
  void answersDoNotDependOnTheRowsThatAreAnsweredInParallel() throws Exception {
    List<String> prompts =
        SUBJECTS.stream().flatMap(s -> FORMS.stream().map(form -> form.formatted(s))).toList();
    List<String> shuffled = new ArrayList<>(prompts);
    Collections.shuffle(shuffled, new Random(3));
    Path file = PythonPackages.chatModel();
    List<String> alone;
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu())) {
      alone = answers(model, "1", prompts);
      assertThat(answers(model, "16", prompts)).isEqualTo(alone);
      List<String> others = answers(model, "16", shuffled);
      assertThat(shuffled.stream().map(p -> alone.get(prompts.indexOf(p))).toList())
          .isEqualTo(others);
    }
    // No weight of this model is repacked.
    try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(Acceleration.OFF, true))) {
      assertThat(answers(model, "16", prompts)).isEqualTo(alone);
    }
  }

  private static List<String> answers(LlamaModel model, String sequences, List<String> prompts) {
    GenerateOptions options =
        GenerateOptions.of(
            Map.of("chatTemplate", "none", "maxTokens", "32", "sequences", sequences));
    List<byte[]> bytes = prompts.stream().map(p -> p.getBytes(StandardCharsets.UTF_8)).toList();
    try (GenerationEngine engine = new GenerationEngine(model, options)) {
      GeneratedRows rows = engine.generate(bytes, () -> false);
      return IntStream.range(0, rows.size()).mapToObj(rows::text).toList();
    }
  }
}
