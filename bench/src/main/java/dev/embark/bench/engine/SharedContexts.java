package dev.embark.bench.engine;

import com.sun.management.OperatingSystemMXBean;
import dev.embark.bench.Machine;
import dev.embark.bench.corpus.WordNet;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.SharedEncoder;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.model.EngineMemory;
import dev.embark.engine.model.ModelLoader;
import dev.embark.engine.options.EmbedOptions;
import dev.embark.engine.options.Pooling;
import dev.embark.engine.rows.EmbeddedRows;
import dev.embark.llama.LlamaModel;
import dev.embark.llama.ModelOptions;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;

/**
 * A context for each task against contexts that all tasks feed, by how many texts a task has at a
 * time: tokens per CPU-second of this process, and how full batches were. Prints a table, a line
 * for each round. Arguments: the GGUF file, WordNet's directory, rounds, texts in a round.
 */
public final class SharedContexts {
  private static final int CONTEXTS = 2;
  private static final int MANY_TASKS = 16;
  private static final int[] WINDOWS = {4, 16, 256};

  private final LlamaModel model;
  private final BufferAllocator allocator = new RootAllocator();

  private SharedContexts(LlamaModel model) {
    this.model = model;
  }

  private record Figures(long tokens, long batches, long capacity) {
    Figures plus(Figures other) {
      return new Figures(tokens + other.tokens, batches + other.batches, capacity + other.capacity);
    }
  }

  /** Measures, in turns. */
  public static void main(String[] args) throws Exception {
    List<byte[]> texts =
        WordNet.read(Path.of(args[1])).shortTexts(Integer.parseInt(args[3])).stream()
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toList();
    System.out.println(Machine.describe());
    System.out.println("| round | window | tasks | contexts | tokens/CPU-s | batches | fill |");
    System.out.println("|---|---|---|---|---|---|---|");
    try (LlamaModel model = ModelLoader.load(Path.of(args[0]), ModelOptions.cpu())) {
      SharedContexts bench = new SharedContexts(model);
      bench.embed(texts.subList(0, texts.size() / 4), WINDOWS[0], CONTEXTS, null); // warms up
      for (int round = 1; round <= Integer.parseInt(args[2]); round++) {
        for (int window : WINDOWS) {
          bench.measure(round, texts, window, CONTEXTS, false);
          bench.measure(round, texts, window, CONTEXTS, true);
          bench.measure(round, texts, window, MANY_TASKS, true);
        }
      }
      bench.allocator.close();
    }
  }

  private void measure(int round, List<byte[]> texts, int window, int tasks, boolean share)
      throws Exception {
    SharedEncoder shared =
        share
            ? SharedEncoder.open(
                model,
                Pooling.MODEL,
                EngineMemory.batchTokens(EmbedOptions.defaults(), ModelOptions.CPU),
                CONTEXTS)
            : null;
    Figures figures;
    long cpu = cpuNanos();
    try {
      figures = embed(texts, window, tasks, shared);
    } finally {
      if (shared != null) {
        shared.close();
      }
    }
    double seconds = (cpuNanos() - cpu) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "| %d | %d | %d | %s | %.0f | %d | %.1f %% |%n",
        round,
        window,
        tasks,
        share ? CONTEXTS + " shared" : tasks + " own",
        figures.tokens() / seconds,
        figures.batches(),
        100.0 * figures.tokens() / figures.capacity());
  }

  private Figures embed(List<byte[]> texts, int window, int tasks, SharedEncoder shared)
      throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(tasks);
    try {
      List<Callable<Figures>> shares = new ArrayList<>();
      for (int i = 0; i < tasks; i++) {
        List<byte[]> own =
            texts.subList(
                (int) ((long) texts.size() * i / tasks),
                (int) ((long) texts.size() * (i + 1) / tasks));
        shares.add(() -> embed(own, window, shared));
      }
      Figures sum = new Figures(0, 0, 0);
      for (Future<Figures> done : threads.invokeAll(shares)) {
        sum = sum.plus(done.get());
      }
      return sum;
    } finally {
      threads.shutdown();
    }
  }

  private Figures embed(List<byte[]> texts, int window, SharedEncoder shared) {
    EmbedOptions options = EmbedOptions.defaults();
    Figures sum = new Figures(0, 0, 0);
    try (EmbeddingEngine engine =
            shared == null
                ? new EmbeddingEngine(model, options)
                : new EmbeddingEngine(model, options, shared);
        ListVector out = VectorWriter.newVector("embedding", allocator)) {
      for (int from = 0; from < texts.size(); from += window) {
        List<byte[]> some = texts.subList(from, Math.min(from + window, texts.size()));
        EmbeddedRows rows = engine.embed(some, out, () -> false);
        long tokens = 0;
        for (int row = 0; row < rows.size(); row++) {
          tokens += rows.tokens(row);
        }
        sum = sum.plus(new Figures(tokens, rows.batches(), rows.batchCapacity()));
      }
    }
    return sum;
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
