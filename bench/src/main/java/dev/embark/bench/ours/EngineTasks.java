package dev.embark.bench.ours;

import dev.embark.bench.side.Side;
import dev.embark.engine.embed.EmbeddingEngine;
import dev.embark.engine.embed.VectorWriter;
import dev.embark.engine.rows.EmbeddedRows;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.vector.Float4Vector;
import org.apache.arrow.vector.complex.ListVector;

/**
 * Engines that embed a share of the texts each, at once, as tasks of Spark do: a thread for each.
 * Owns the engines, not the allocator. For one thread.
 */
final class EngineTasks implements AutoCloseable {
  // Number of rows that the operator in Spark passes to the engine at once.
  private static final int WINDOW_ROWS = 4096;

  private final BufferAllocator allocator;
  private final List<EmbeddingEngine> engines;
  private final ExecutorService executor;

  EngineTasks(BufferAllocator allocator, List<EmbeddingEngine> engines) {
    this.allocator = allocator;
    this.engines = engines;
    this.executor = Executors.newFixedThreadPool(engines.size());
  }

  /** Returns the work of embedding these texts. */
  Side.Work work(List<String> texts) {
    return new Side.Work() {
      @Override
      public long run() throws Exception {
        return embed(texts, new float[0][]);
      }

      @Override
      public float[][] vectors() throws Exception {
        float[][] vectors = new float[texts.size()][];
        embed(texts, vectors);
        return vectors;
      }
    };
  }

  /** Embeds all; copies the vectors where there is room for them; returns the tokens. */
  private long embed(List<String> texts, float[][] vectors) throws Exception {
    List<Callable<Long>> shares = new ArrayList<>();
    for (int i = 0; i < engines.size(); i++) {
      EmbeddingEngine engine = engines.get(i);
      int from = (int) ((long) texts.size() * i / engines.size());
      int to = (int) ((long) texts.size() * (i + 1) / engines.size());
      shares.add(() -> embed(engine, texts, from, to, vectors));
    }
    long tokens = 0;
    for (Future<Long> share : executor.invokeAll(shares)) {
      tokens += share.get();
    }
    return tokens;
  }

  private long embed(
      EmbeddingEngine engine, List<String> texts, int from, int to, float[][] vectors) {
    long tokens = 0;
    try (ListVector out = VectorWriter.newVector("embedding", allocator)) {
      for (int start = from; start < to; start += WINDOW_ROWS) {
        List<byte[]> window =
            texts.subList(start, Math.min(start + WINDOW_ROWS, to)).stream()
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList();
        EmbeddedRows rows = engine.embed(window, out, () -> false);
        for (int row = 0; row < rows.size(); row++) {
          if (!rows.isEmbedded(row)) {
            throw new IllegalStateException(
                "Text " + (start + row) + " has no vector.", rows.error(row));
          }
          tokens += rows.tokens(row);
          if (vectors.length > 0) {
            vectors[start + row] = vector(out, row);
          }
        }
      }
    }
    return tokens;
  }

  private static float[] vector(ListVector out, int row) {
    Float4Vector values = (Float4Vector) out.getDataVector();
    float[] vector = new float[out.getElementEndIndex(row) - out.getElementStartIndex(row)];
    for (int d = 0; d < vector.length; d++) {
      vector[d] = values.get(out.getElementStartIndex(row) + d);
    }
    return vector;
  }

  @Override
  public void close() {
    executor.shutdownNow();
    engines.forEach(EmbeddingEngine::close);
  }
}
