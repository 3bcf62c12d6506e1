package dev.embark.bench;

import dev.embark.engine.EmbedOptions;
import dev.embark.engine.EmbeddedRows;
import dev.embark.engine.EmbeddingEngine;
import dev.embark.engine.LlamaModel;
import dev.embark.engine.ModelOptions;
import dev.embark.engine.VectorWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.complex.ListVector;

/** The engine without Spark: a thread and an engine for each share of the texts, one model. */
final class EngineRunner implements AutoCloseable {
  // As many rows as the operator in Spark hands to the engine at once.
  private static final int WINDOW_ROWS = 4096;

  private final LlamaModel model;
  private final BufferAllocator allocator = new RootAllocator();
  private final List<EmbeddingEngine> engines = new ArrayList<>();

  /** Loads the model and makes as many engines as {@link #embed} may be asked to use. */
  EngineRunner(Path gguf, int maxThreads) {
    model = LlamaModel.load(gguf, ModelOptions.cpu());
    for (int i = 0; i < maxThreads; i++) {
      engines.add(new EmbeddingEngine(model, EmbedOptions.defaults()));
    }
  }

  /** Embeds all texts on {@code threads} threads and tells how many tokens they had. */
  long embed(List<String> texts, int threads) throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Long>> shares = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        EmbeddingEngine engine = engines.get(i);
        int from = (int) ((long) texts.size() * i / threads);
        int to = (int) ((long) texts.size() * (i + 1) / threads);
        shares.add(() -> share(engine, texts.subList(from, to)));
      }
      long tokens = 0;
      for (Future<Long> share : executor.invokeAll(shares)) {
        tokens += share.get();
      }
      return tokens;
    } finally {
      executor.shutdownNow();
    }
  }

  private long share(EmbeddingEngine engine, List<String> texts) {
    long tokens = 0;
    try (ListVector out = VectorWriter.newVector("embedding", allocator)) {
      for (int start = 0; start < texts.size(); start += WINDOW_ROWS) {
        List<byte[]> window =
            texts.subList(start, Math.min(start + WINDOW_ROWS, texts.size())).stream()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
        EmbeddedRows rows = engine.embed(window, out, () -> false);
        for (int row = 0; row < rows.size(); row++) {
          if (!rows.isEmbedded(row)) {
            throw new IllegalStateException("row " + row + " has no vector", rows.error(row));
          }
          tokens += rows.tokens(row);
        }
      }
    }
    return tokens;
  }

  @Override
  public void close() {
    engines.forEach(EmbeddingEngine::close);
    model.close();
    allocator.close();
  }
}
