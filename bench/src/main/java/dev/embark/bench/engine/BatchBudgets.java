package dev.embark.bench.engine;

import dev.embark.bench.Machine;
import dev.embark.bench.models.RandomModel;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.ModelDescription;
import dev.embark.engine.model.ModelFile;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.Acceleration;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;

/**
 * Cost of a token with batches of different sizes, with llama.cpp alone and with each precision of
 * the accelerator that serves the model, in CPU seconds of the one thread that computes, so that a
 * busy machine matters little. {@code bench/budgets.sh} runs it.
 */
final class BatchBudgets {
  private static final int[] BUDGETS = {64, 128, 256, 512, 1024, 2048};
  private static final int ROUNDS = 3;
  private static final int TOKENS = 4096; // of a measurement
  private static final int RANDOM_LAYERS = 2;
  private static final String[] WORDS =
      ("the of and to in a is that for it was on are as with his they at be this from have or by"
              + " one had not but what all were when we there can an your which their said if do"
              + " will each about how up out them then she many some so these would other into has"
              + " more her two like him see time could no make than first been its who now people"
              + " my made over did down only way find use may water long little very after words")
          .split(" ");

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private BatchBudgets() {}

  /** Arguments: where to write JSON, a commit, and models in GGUF or widths of random ones. */
  public static void main(String[] args) throws Exception {
    List<String> models = new ArrayList<>();
    for (String model : Arrays.asList(args).subList(2, args.length)) {
      models.add(model.matches("\\d+") ? random(Integer.parseInt(model)) : measure(Path.of(model)));
    }
    Files.writeString(
        Path.of(args[0]),
        "{\n  \"date\": \"%s\",\n  \"machine\": \"%s\",\n  \"commit\": \"%s\",\n  \"models\": [\n%s\n  ]\n}\n"
            .formatted(Instant.now(), Machine.describe(), args[1], String.join(",\n", models)));
  }

  private static String random(int width) throws IOException {
    Path file = Files.createTempFile("embark-random", ".gguf");
    try {
      return measure(RandomModel.write(file, width, RANDOM_LAYERS, List.of(WORDS)));
    } finally {
      Files.delete(file);
    }
  }

  private static String measure(Path file) {
    List<String> rows = new ArrayList<>();
    for (Acceleration acceleration : Acceleration.values()) {
      try (LlamaModel model = ModelLoader.load(file, ModelOptions.cpu(acceleration));
          BufferAllocator allocator = new RootAllocator()) {
        if (model.acceleration() == acceleration) {
          measure(model, allocator, rows);
        }
      }
    }
    return String.join(",\n", rows);
  }

  /** Adds a line for short texts and one for long ones. */
  private static void measure(LlamaModel model, BufferAllocator allocator, List<String> rows) {
    ModelDescription description = ModelFile.describe(model);
    for (int words : new int[] {13, 248}) { // and two special tokens around them
      List<byte[]> texts = texts(words);
      Map<Integer, List<Double>> perSecond = new LinkedHashMap<>();
      for (int round = 0; round <= ROUNDS; round++) {
        for (int budget : BUDGETS) {
          double figure = tokensPerCpuSecond(model, allocator, texts, budget);
          // The first round warms caches and compilers up.
          if (round > 0) {
            perSecond.computeIfAbsent(budget, b -> new ArrayList<>()).add(figure);
          }
        }
      }
      String figures =
          perSecond.entrySet().stream()
              .map(
                  e -> String.format(Locale.ROOT, "\"%d\": %.0f", e.getKey(), median(e.getValue())))
              .collect(Collectors.joining(", "));
      String name = description.name().orElse("");
      String accelerator = model.acceleration().name().toLowerCase(Locale.ROOT);
      System.out.printf("%s\t%s\t%d tokens a text\t%s%n", name, accelerator, words + 2, figures);
      rows.add(
          String.format(
              Locale.ROOT,
              "    {\"model\": \"%s %s\", \"accelerator\": \"%s\", \"dimensions\": %d,"
                  + " \"tokensPerText\": %d, \"tokensPerCpuSecondByBatchTokens\": {%s}}",
              name,
              description.quantisation(),
              accelerator,
              description.dimensions(),
              words + 2,
              figures));
    }
  }

  private static double tokensPerCpuSecond(
      LlamaModel model, BufferAllocator allocator, List<byte[]> texts, int budget) {
    EmbedOptions options = EmbedOptions.of(Map.of("batchTokens", Integer.toString(budget)));
    try (EmbeddingEngine engine = new EmbeddingEngine(model, options);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      engine.embed(texts.subList(0, 1), out, () -> false);
      long start = THREADS.getCurrentThreadCpuTime();
      EmbeddedRows rows = engine.embed(texts, out, () -> false);
      long nanos = THREADS.getCurrentThreadCpuTime() - start;
      long tokens = 0;
      for (int row = 0; row < rows.size(); row++) {
        if (!rows.isEmbedded(row)) {
          throw new IllegalStateException("row " + row + " has no vector", rows.error(row));
        }
        tokens += rows.tokens(row);
      }
      return tokens * 1e9 / nanos;
    }
  }

  private static List<byte[]> texts(int words) {
    Random random = new Random(words);
    List<byte[]> texts = new ArrayList<>();
    for (int i = 0; i < TOKENS / (words + 2); i++) {
      texts.add(
          random
              .ints(words, 0, WORDS.length)
              .mapToObj(word -> WORDS[word])
              .collect(Collectors.joining(" "))
              .getBytes(StandardCharsets.UTF_8));
    }
    return texts;
  }

  private static double median(List<Double> figures) {
    return figures.stream().sorted().toList().get(figures.size() / 2);
  }
}
