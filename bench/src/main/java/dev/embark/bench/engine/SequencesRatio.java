package dev.embark.bench.engine;

import dev.embark.bench.Machine;
import dev.embark.bench.models.RandomDecoder;
import dev.embark.engine.generate.GenerationEngine;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.GenerateOptions;
import dev.embark.engine.rows.GeneratedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Tokens that a context generates with a growing number of parallel sequences, in CPU seconds of
 * the one thread that computes, so that a busy machine matters little. {@code bench/sequences.sh}
 * runs it.
 */
final class SequencesRatio {
  private static final int[] SEQUENCES = {1, 2, 4, 8, 16};
  private static final int PROMPTS = 16;
  private static final int ANSWER_TOKENS = 48;
  private static final int ROUNDS = 3;
  private static final int WIDTH = 768;
  private static final int LAYERS = 8;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private SequencesRatio() {}

  /** Arguments: where to write JSON, and a commit. */
  public static void main(String[] args) throws Exception {
    Path file = Files.createTempFile("embark-random", ".gguf");
    Map<Integer, List<Double>> perSecond = new LinkedHashMap<>();
    try (LlamaModel model =
        ModelLoader.load(RandomDecoder.write(file, WIDTH, LAYERS), ModelOptions.cpu())) {
      // The first round warms caches and compilers up.
      for (int round = 0; round <= ROUNDS; round++) {
        for (int sequences : SEQUENCES) {
          double figure = tokensPerCpuSecond(model, sequences);
          if (round > 0) {
            perSecond.computeIfAbsent(sequences, s -> new ArrayList<>()).add(figure);
          }
        }
      }
    } finally {
      Files.delete(file);
    }
    double one = median(perSecond.get(1));
    String rows =
        perSecond.entrySet().stream()
            .map(
                e ->
                    String.format(
                        Locale.ROOT,
                        "    {\"sequences\": %d, \"tokensPerCpuSecond\": %.1f, \"ratio\": %.2f}",
                        e.getKey(),
                        median(e.getValue()),
                        median(e.getValue()) / one))
            .collect(Collectors.joining(",\n"));
    Files.writeString(
        Path.of(args[0]),
        String.format(
            Locale.ROOT,
            "{\n  \"date\": \"%s\",\n  \"machine\": \"%s\",\n  \"commit\": \"%s\",\n"
                + "  \"model\": \"llama of random weights in F16, width %d, %d layers\",\n"
                + "  \"answerTokens\": %d,\n  \"rows\": [\n%s\n  ]\n}\n",
            Instant.now(),
            Machine.describe(),
            args[1],
            WIDTH,
            LAYERS,
            ANSWER_TOKENS,
            rows));
  }

  private static double tokensPerCpuSecond(LlamaModel model, int sequences) {
    GenerateOptions options =
        GenerateOptions.of(
            Map.of(
                "sequences", Integer.toString(sequences),
                "maxTokens", Integer.toString(ANSWER_TOKENS)));
    List<byte[]> prompts =
        IntStream.range(0, PROMPTS)
            .mapToObj(i -> ("prompt number " + i).getBytes(StandardCharsets.UTF_8))
            .toList();
    try (GenerationEngine engine = new GenerationEngine(model, options)) {
      long start = THREADS.getCurrentThreadCpuTime();
      GeneratedRows rows = engine.generate(prompts, () -> false);
      long nanos = THREADS.getCurrentThreadCpuTime() - start;
      long tokens = 0;
      for (int row = 0; row < rows.size(); row++) {
        if (!rows.isDone(row)) {
          throw new IllegalStateException("row " + row + " has no answer", rows.error(row));
        }
        tokens += rows.generatedTokens(row);
      }
      return tokens * 1e9 / nanos;
    }
  }

  private static double median(List<Double> figures) {
    return figures.stream().sorted().toList().get(figures.size() / 2);
  }
}
